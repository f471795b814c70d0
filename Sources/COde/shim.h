#pragma once
#include <ode/ode.h>
