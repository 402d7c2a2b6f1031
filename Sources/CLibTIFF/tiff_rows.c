#include "CLibTIFF.h"
