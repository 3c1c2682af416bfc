// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

/// A currency whose owner makes more of it.
contract Coin is ERC20, Ownable, Multicall {
    constructor(string memory name, string memory symbol, uint256 supply)
        ERC20(name, symbol)
        Ownable(msg.sender)
    {
        _mint(msg.sender, supply);
    }

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}

/// Single things.
contract Deed is ERC721("Deed", "DEED") {
    uint256 public count;

    function mint(address to) external returns (uint256 id) {
        id = ++count;
        _safeMint(to, id);
    }
}

/// Many kinds of things.
contract Goods is ERC1155("https://goods.example/{id}") {
    function mint(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(to, ids, amounts, "");
    }
}
