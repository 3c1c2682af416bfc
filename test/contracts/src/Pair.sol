// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// An exchange of two currencies whose reserves keep their product, after Uniswap's second version:
/// whoever trades sends one currency first and takes the other; 0.3 % stays.
contract Pair is ERC20("Pair share", "PAIR") {
    IERC20 public immutable first;
    IERC20 public immutable second;
    uint112 private reserve0;
    uint112 private reserve1;
    uint32 private changedAt;
    uint256 public price0Sum;
    uint256 public price1Sum;

    error TooLittleIn(uint256 product, uint256 wanted);
    error NothingAsked();
    error TooMuchAsked(uint256 reserve);

    event Joined(address indexed who, uint256 amount0, uint256 amount1, uint256 shares);
    event Left(address indexed who, uint256 amount0, uint256 amount1);
    event Swapped(address indexed who, uint256 in0, uint256 in1, uint256 out0, uint256 out1);
    event Synced(uint112 reserve0, uint112 reserve1);

    constructor(IERC20 a, IERC20 b) {
        (first, second) = (a, b);
    }

    function reserves() public view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, changedAt);
    }

    /// What came in since the last change buys shares for `to`.
    function join(address to) external returns (uint256 shares) {
        (uint256 balance0, uint256 balance1) = balances();
        uint256 in0 = balance0 - reserve0;
        uint256 in1 = balance1 - reserve1;
        uint256 supply = totalSupply();
        shares = supply == 0
            ? Math.sqrt(in0 * in1)
            : Math.min(in0 * supply / reserve0, in1 * supply / reserve1);
        require(shares > 0, "Pair: nothing joined");
        _mint(to, shares);
        sync(balance0, balance1);
        emit Joined(msg.sender, in0, in1, shares);
    }

    /// The shares sent here before are worth their part of both reserves.
    function exit(address to) external returns (uint256 out0, uint256 out1) {
        (uint256 balance0, uint256 balance1) = balances();
        uint256 shares = balanceOf(address(this));
        out0 = shares * balance0 / totalSupply();
        out1 = shares * balance1 / totalSupply();
        _burn(address(this), shares);
        first.transfer(to, out0);
        second.transfer(to, out1);
        (balance0, balance1) = balances();
        sync(balance0, balance1);
        emit Left(msg.sender, out0, out1);
    }

    function swap(uint256 out0, uint256 out1, address to) external {
        if (out0 == 0 && out1 == 0) revert NothingAsked();
        if (out0 >= reserve0) revert TooMuchAsked(reserve0);
        if (out1 >= reserve1) revert TooMuchAsked(reserve1);
        if (out0 > 0) first.transfer(to, out0);
        if (out1 > 0) second.transfer(to, out1);
        (uint256 balance0, uint256 balance1) = balances();
        uint256 in0 = balance0 + out0 - reserve0;
        uint256 in1 = balance1 + out1 - reserve1;
        uint256 product = (balance0 * 1000 - in0 * 3) * (balance1 * 1000 - in1 * 3);
        uint256 wanted = uint256(reserve0) * reserve1 * 1000 ** 2;
        if (product < wanted) revert TooLittleIn(product, wanted);
        sync(balance0, balance1);
        emit Swapped(msg.sender, in0, in1, out0, out1);
    }

    function balances() private view returns (uint256, uint256) {
        return (first.balanceOf(address(this)), second.balanceOf(address(this)));
    }

    function sync(uint256 balance0, uint256 balance1) private {
        uint32 time = uint32(block.timestamp);
        uint32 passed = time - changedAt;
        if (passed > 0 && reserve0 > 0 && reserve1 > 0) {
            price0Sum += (uint256(reserve1) << 112) / reserve0 * passed;
            price1Sum += (uint256(reserve0) << 112) / reserve1 * passed;
        }
        (reserve0, reserve1, changedAt) = (uint112(balance0), uint112(balance1), time);
        emit Synced(reserve0, reserve1);
    }
}
