# The precompiled contracts, part of ol_evm: their sources, tests, benchmarks and what they link.
set(evm_precompile_sources)
set(evm_precompile_tests)
set(evm_precompile_benches)
set(evm_precompile_private_deps)
