"""What a command does to its subjects, callable inside another act. Only commands may import this (contract)."""
