#include <ol/state/account.hpp>

namespace ol::state {

Bytes encode_account(const Account& account) {
  RlpWriter w;
  w.begin_list().u64(account.nonce).u256(account.balance);
  w.fixed(account.storage_root).fixed(account.code_hash).end_list();
  return w.take();
}

Result<Account, RlpError> decode_account(ByteView in) {
  RlpReader outer(in);
  OL_TRY(RlpReader fields, outer.list());
  OL_TRY_VOID(outer.finish());
  Account account;
  OL_TRY(account.nonce, fields.u64());
  OL_TRY(account.balance, fields.u256());
  OL_TRY(account.storage_root, fields.fixed<Hash256>());
  OL_TRY(account.code_hash, fields.fixed<Hash256>());
  OL_TRY_VOID(fields.finish());
  return account;
}

}  // namespace ol::state
