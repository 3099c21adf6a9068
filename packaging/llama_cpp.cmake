# Read by CMake when pip compiles llama-cpp-python, right after llama.cpp's project(): see CMAKE_ARGS in the Makefile.
# Leaves out the library behind llama.cpp's command line tools. Nothing here uses it, and it is half of all there is to
# compile; llama-cpp-python insists on the cached variable of this name, which an ordinary one goes before.
set(LLAMA_BUILD_COMMON OFF)
