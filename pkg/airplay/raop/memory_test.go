package raop_test

import (
	"runtime"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// TestIdleReceiverIsSmall runs many receivers that nobody sends to, and takes
// the memory of one: heap and stacks.
func TestIdleReceiverIsSmall(t *testing.T) {
	const receivers, limit = 100, 16 << 10
	before := inUse()
	for range receivers {
		startReceiver(t, raop.Options{Handler: newRecorder()})
	}
	each := (inUse() - before) / receivers
	t.Logf("%d bytes each", each)
	if each > limit {
		t.Errorf("want at most %d bytes each, got %d", limit, each)
	}
}

// inUse is the memory of heap and stacks, in bytes.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
