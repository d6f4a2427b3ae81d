# Debian's MLIR 22, linked through libMLIR.so only: a static libMLIR*.a beside it would register everything twice.
set(AIMC_LLVM_PREFIX /usr/lib/llvm-22 CACHE PATH "Prefix of LLVM and MLIR 22")
list(APPEND CMAKE_PREFIX_PATH ${AIMC_LLVM_PREFIX})
set(LLVM_EXTERNAL_LIT ${AIMC_LLVM_PREFIX}/bin/lit CACHE FILEPATH "")
set(MLIR_BINARY_DIR ${CMAKE_BINARY_DIR})

find_package(MLIR REQUIRED CONFIG) # its version file accepts exact versions only
set(MLIR_LINK_MLIR_DYLIB ON)
set(LLVM_LINK_LLVM_DYLIB ON)
set(LLVM_RUNTIME_OUTPUT_INTDIR ${CMAKE_BINARY_DIR}/bin)
set(LLVM_LIBRARY_OUTPUT_INTDIR ${CMAKE_BINARY_DIR}/lib)

list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include(HandleLLVMOptions)

include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
include_directories(${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
add_compile_options(-Wall -Wextra -Werror)
if(AIMC_SANITIZE)
  # libMLIR's own code has neither typeinfo that UBSan could compare nor signatures before its functions.
  add_compile_options(-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=vptr,function -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -gline-tables-only -O1 -Wno-error)
  add_link_options(-fsanitize=address,undefined)
endif()

# aimc_library(NAME SOURCES... [DEPENDS tablegen...] [LINK ours...] [MLIR libraries...])
# One library per area. LINK names our own libraries, MLIR those of libMLIR.so.
function(aimc_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK;MLIR" ${ARGN})
  add_mlir_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS} EXCLUDE_FROM_LIBMLIR DISABLE_INSTALL
                   DEPENDS ${ARG_DEPENDS} LINK_LIBS PUBLIC ${ARG_LINK})
  mlir_target_link_libraries(${name} PUBLIC MLIRIR ${ARG_MLIR})
endfunction()
