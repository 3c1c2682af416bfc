# One compiler (docs/architecture.md): clang 19 with lld 19. Warnings are errors in our code only.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "OpenLiquid builds with clang 19. Run scripts/setup, then use a preset: cmake --preset release")
endif()

find_program(OL_CCACHE ccache)
if(OL_CCACHE)
  foreach(language C CXX ASM)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${OL_CCACHE})
  endforeach()
endif()

add_link_options(-fuse-ld=lld-19)
add_compile_options(-fno-omit-frame-pointer -fstack-protector-strong)
add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-march=x86-64-v3>)

if(OL_SANITIZE)
  add_compile_options(-fsanitize=${OL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OL_SANITIZE})
endif()
if(OL_COVERAGE)
  add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-fprofile-instr-generate>
                      $<$<COMPILE_LANGUAGE:C,CXX>:-fcoverage-mapping>)
  add_link_options(-fprofile-instr-generate)
endif()

# ThinLTO for what is shipped and measured only. Objects are fat (native code beside bitcode), so that
# the many test programs link the native half in a moment.
option(OL_LTO "Link the program and the benchmarks with ThinLTO" OFF)
if(OL_LTO)
  add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-flto=thin> $<$<COMPILE_LANGUAGE:C,CXX>:-ffat-lto-objects>)
endif()
function(ol_link_optimised target)
  if(OL_LTO)
    target_link_options(${target} PRIVATE -flto=thin -ffat-lto-objects)
  endif()
endfunction()

add_library(ol_warnings INTERFACE)
target_compile_options(ol_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wdouble-promotion
    -Wmissing-declarations -Wthread-safety -Wimplicit-fallthrough -Werror>)
