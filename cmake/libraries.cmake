# Every library and program, bottom up: ol_library() refuses a dependency that is not declared yet,
# so this order is the dependency graph and a cycle cannot be written.
# Before the libraries because their tests link it; the names it links are resolved at the end.
add_subdirectory(test/support)
foreach(library IN ITEMS base crypto primitives state evm exchange api execution mempool storage consensus p2p rpc node)
  add_subdirectory(lib/${library})
endforeach()
if(NOT OL_PURE)
  if(EXISTS ${CMAKE_SOURCE_DIR}/sim/CMakeLists.txt)
    add_subdirectory(sim)
  endif()
  add_subdirectory(app)
  add_subdirectory(test/e2e)
  add_subdirectory(test/contracts)
  add_subdirectory(test/netns)
  add_subdirectory(test/equivocation)
  add_subdirectory(models)
  add_subdirectory(test/interop)
endif()
