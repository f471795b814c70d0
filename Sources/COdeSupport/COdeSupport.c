#include "COdeSupport.h"
