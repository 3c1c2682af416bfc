#include <ol/evm/revision.hpp>

#include <ol/base/check.hpp>

namespace ol::evm {

const char* describe(Revision revision) {
  switch (revision) {
    case Revision::Frontier:
      return "Frontier";
    case Revision::Homestead:
      return "Homestead";
    case Revision::TangerineWhistle:
      return "TangerineWhistle";
    case Revision::SpuriousDragon:
      return "SpuriousDragon";
    case Revision::Byzantium:
      return "Byzantium";
    case Revision::Constantinople:
      return "Constantinople";
    case Revision::Petersburg:
      return "Petersburg";
    case Revision::Istanbul:
      return "Istanbul";
    case Revision::Berlin:
      return "Berlin";
    case Revision::London:
      return "London";
    case Revision::Paris:
      return "Paris";
    case Revision::Shanghai:
      return "Shanghai";
    case Revision::Cancun:
      return "Cancun";
    case Revision::Prague:
      return "Prague";
    case Revision::Osaka:
      return "Osaka";
  }
  OL_CHECK(false, "every revision has a name");
}

}  // namespace ol::evm
