//go:build !linux

package nas_test

import "testing"

func TestNAS(t *testing.T) {
	t.Skip("lab: network namespaces need Linux")
}
