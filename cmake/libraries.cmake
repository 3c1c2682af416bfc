# Every library and program, bottom up: ol_library() refuses a dependency that is not declared yet,
# so this order is the dependency graph and a cycle cannot be written.
foreach(library IN ITEMS base)
  add_subdirectory(lib/${library})
endforeach()
