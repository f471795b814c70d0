// Eigen is C++ and only headers: nothing of it crosses into Swift. This room exists for its include path (pkg-config eigen3).
#pragma once
