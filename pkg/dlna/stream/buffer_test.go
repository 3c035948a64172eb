package stream

import (
	"testing"
	"testing/synctest"
	"time"
)

// Sound that no reader needs any more is released before the ring is full.
func TestStreamKeepsWhatIsNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStream("/stream/x", Options{}, func() {})
		write := func(seconds int) {
			for range seconds * 10 {
				if err := st.Write(make([]byte, 1000), 1); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
		write(8)
		if st.buffer.ring.size != 80_000 {
			t.Fatalf("want all sound kept before the first reader, got %d bytes", st.buffer.ring.size)
		}
		behind := &reader{pos: 50_000}
		st.buffer.firstRead = time.Now()
		st.readers[behind] = struct{}{}
		write(5)
		if st.buffer.ring.size != 130_000 {
			t.Fatalf("want all sound kept while the start lasts, got %d bytes", st.buffer.ring.size)
		}
		write(10)
		if st.buffer.ring.start() != 50_000 {
			t.Errorf("want what a slow reader needs kept from 50000 on, got it from %d", st.buffer.ring.start())
		}
		delete(st.readers, behind)
		write(1)
		if st.buffer.ring.size > 41_000 {
			t.Errorf("want about 4 s kept for later readers, got %d bytes", st.buffer.ring.size)
		}
	})
}
