# The precompiled contracts: a library of their own below ol_evm, so that they build and are tested
# without the interpreter.
set(evm_precompile_sources)
set(evm_precompile_tests)
set(evm_precompile_benches)
set(evm_precompile_private_deps evm_precompiles)

ol_library(evm_precompiles PURE
  HEADERS
    include/ol/evm/precompiles.hpp
    include/ol/evm/revision.hpp
    include/ol/evm/status.hpp
  SOURCES
    precompiles/blake2f.cpp
    precompiles/bls12_381.cpp
    precompiles/bls12_381_encoding.cpp
    precompiles/bls12_381_msm.cpp
    precompiles/bn254.cpp
    precompiles/bn254_field.cpp
    precompiles/bn254_g1.cpp
    precompiles/bn254_g2.cpp
    precompiles/bn254_pairing.cpp
    precompiles/bn254_tower.cpp
    precompiles/ecrecover.cpp
    precompiles/hashes.cpp
    precompiles/kzg.cpp
    precompiles/modexp.cpp
    precompiles/p256.cpp
    precompiles/registry.cpp
    precompiles/ripemd160.cpp
  DEPS base
  PRIVATE_DEPS crypto blst OpenSSL::Crypto PkgConfig::gmp)

# Modexp's loops want every register there is.
set_source_files_properties(precompiles/modexp.cpp
  PROPERTIES COMPILE_OPTIONS -fomit-frame-pointer)

ol_test(evm_precompiles
  SOURCES
    precompiles/test/blake2f_test.cpp
    precompiles/test/bls12_381_test.cpp
    precompiles/test/bn254_field_test.cpp
    precompiles/test/bn254_test.cpp
    precompiles/test/ecrecover_test.cpp
    precompiles/test/failure_test.cpp
    precompiles/test/hashes_test.cpp
    precompiles/test/kzg_test.cpp
    precompiles/test/modexp_test.cpp
    precompiles/test/montgomery_test.cpp
    precompiles/test/p256_test.cpp
    precompiles/test/precompile_vectors_test.cpp
    precompiles/test/registry_test.cpp
  DEPS evm_precompiles crypto test_support PkgConfig::gmp)

ol_bench(evm_precompiles
  SOURCES precompiles/bench/precompiles_bench.cpp
  DEPS evm_precompiles crypto OpenSSL::Crypto)

ol_fuzz(evm_precompiles
  SOURCES precompiles/fuzz/precompiles_fuzz.cpp
  DEPS evm_precompiles)
