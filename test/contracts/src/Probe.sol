// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Many calls in one, each of which may fail.
contract Aggregator {
    struct Call {
        address target;
        bytes data;
    }
    struct Answer {
        bool success;
        bytes data;
    }

    function all(Call[] calldata calls) external returns (Answer[] memory answers) {
        answers = new Answer[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (answers[i].success, answers[i].data) = calls[i].target.call(calls[i].data);
        }
    }
}

/// Fails and reaches in every way that tools tell apart.
contract Probe {
    uint256[] private list;
    uint256 public number = 7;
    mapping(uint256 => uint256) private slots;

    error Odd(address who, uint256 value);

    event Noted(uint256 indexed value);

    function reasonless() external pure {
        require(false);
    }

    function reason() external pure {
        require(false, unicode"not today: \"café\"");
    }

    function custom(uint256 value) external view {
        revert Odd(msg.sender, value);
    }

    function overflow(uint256 value) external pure returns (uint256) {
        return value + type(uint256).max;
    }

    function divide(uint256 value) external pure returns (uint256) {
        return 1 / value;
    }

    function beyond() external view returns (uint256) {
        return list[3];
    }

    function invalid() external pure {
        assembly {
            invalid()
        }
    }

    function burn() external {
        for (uint256 i = 0;; ++i) {
            slots[i] = i;
        }
    }

    /// A tree of calls `depth` deep; the innermost fails and is caught.
    function descend(uint256 depth) external returns (bool done) {
        emit Noted(depth);
        if (depth == 0) revert Odd(msg.sender, 0);
        try this.descend(depth - 1) returns (bool inner) {
            done = inner;
        } catch {
            done = true;
        }
        number = depth;
    }

    /// Sets and clears a slot, so that gas comes back at the end.
    function refund(uint256 slot) external {
        slots[slot] = 1;
        slots[slot] = 0;
        number = 0;
    }

    /// Needs more gas than it uses: a 64th is kept from the inner call.
    function keep(uint256 rounds) external {
        this.work(rounds);
    }

    function work(uint256 rounds) external {
        for (uint256 i = 0; i < rounds; ++i) {
            slots[i] += i + 1;
        }
    }

    function seen() external view returns (uint256, uint256, address, uint256, bytes32, address) {
        return (
            block.number,
            block.timestamp,
            block.coinbase,
            block.basefee,
            blockhash(block.number - 1),
            msg.sender
        );
    }

    function make(uint256 salt) external returns (address) {
        return address(new Child{salt: bytes32(salt)}());
    }

    receive() external payable {}
}

contract Child {
    uint256 public immutable born = block.number;
}

/// Code for an account that delegates to it (EIP-7702).
contract Wallet {
    event Ran(uint256 calls);

    function run(Aggregator.Call[] calldata calls) external payable {
        require(msg.sender == address(this), "Wallet: not mine");
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = calls[i].target.call(calls[i].data);
            require(ok, "Wallet: a call failed");
        }
        emit Ran(calls.length);
    }
}
