"""Whether there is a CUDA device, asked of the driver: importing torch to ask takes seconds."""

import ctypes

_SUCCESS = 0  # CUDA_SUCCESS of the driver API


def cuda_device_present(library: str = "libcuda.so.1") -> bool:
    """Say whether the NVIDIA driver is installed and shows at least one device."""
    try:
        driver = ctypes.CDLL(library)
        if driver.cuInit(0) != _SUCCESS:
            return False
        count = ctypes.c_int(0)
        return driver.cuDeviceGetCount(ctypes.byref(count)) == _SUCCESS and count.value > 0
    except (OSError, AttributeError):
        return False
