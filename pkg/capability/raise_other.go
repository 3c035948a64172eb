//go:build !linux

package capability

// RaiseNetRaw reports false: only Linux has it.
func RaiseNetRaw() (bool, error) { return false, nil }
