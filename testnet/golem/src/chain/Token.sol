// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

/// The money of the test bed: an ERC-20 token without value, all of which belongs to whoever deploys it.
contract BedToken {
    string public constant name = "Test bed token";
    string public constant symbol = "tGLM";
    uint8 public constant decimals = 18;
    uint256 public constant totalSupply = 1_000_000 ether;

    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor() {
        balanceOf[msg.sender] = totalSupply;
        emit Transfer(address(0), msg.sender, totalSupply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value; // reverts where it is not enough
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) private {
        balanceOf[from] -= value; // reverts where it is not enough
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
