package stream_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// BenchmarkWrite is the cost of one packet of CD sound as WAV (352 frames, 1408
// bytes) from Write until it was handed to every reader's TCP connection on
// loopback. The writer waits for the readers now and then, so that no reader falls
// out of the ring.
func BenchmarkWrite(b *testing.B) {
	const (
		packetFrames = 352
		packetBytes  = packetFrames * 4
		aheadBytes   = 64 * packetBytes // that the writer gets ahead of the readers
	)
	for _, readers := range []int{1, 4} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			s, addr := serve(b, stream.ServerOptions{})
			st := s.Open(wavOptions())
			var reading sync.WaitGroup
			progressC := make(chan int64, 1024)
			for i := range readers {
				_, r := request(b, addr, get(st.Path()))
				head(b, r)
				wantBytes(b, r, string(wavHeader))
				reading.Go(func() {
					buffer, total := make([]byte, 32<<10), int64(0)
					for {
						n, err := r.Read(buffer)
						total += int64(n)
						if i == 0 {
							select {
							case progressC <- total:
							default: // the writer is behind: it will see a later one
							}
						}
						if err != nil {
							return
						}
					}
				})
			}
			packet := make([]byte, packetBytes)
			written, read := int64(0), int64(0)
			b.SetBytes(packetBytes)
			b.ReportAllocs()
			for b.Loop() {
				if err := st.Write(packet, packetFrames); err != nil {
					b.Fatal(err)
				}
				written += packetBytes
				for written-read > aheadBytes {
					read = <-progressC
				}
			}
			b.StopTimer()
			st.Discard()
			reading.Wait()
		})
	}
}
