package jitter_test

import (
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

// Packets arrive out of order and one is lost: they are played in order, and the
// lost one is requested again and at last concealed.
func Example() {
	const frames = 352 // in each packet
	buffer := jitter.New(jitter.DefaultOptions(audio.CD, frames))
	timeline := jitter.NewTimeline(audio.CD, 100*time.Millisecond, 0)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, seq := range []uint16{0, 2, 1, 4} { // 3 is lost
		timestamp := uint32(seq) * frames
		arrival := start.Add(audio.CD.Duration(int64(timestamp)))
		timeline.Observe(timestamp, arrival)
		buffer.Push(arrival, jitter.Packet{Seq: seq, Timestamp: timestamp, Payload: []byte{byte(seq)}})
	}
	for _, missing := range buffer.Missing(start.Add(50*time.Millisecond), timeline.Due, nil) {
		fmt.Println("request", missing.Count, "from", missing.First)
	}
	now := start.Add(200 * time.Millisecond) // all are due
	for item := buffer.Pop(now, timeline.Due); item.Kind != jitter.Wait && item.Kind != jitter.Starve; item = buffer.Pop(now, timeline.Due) {
		fmt.Println(item.Kind, "at frame", item.Timestamp)
		if item.Kind == jitter.Play {
			buffer.Played(item, frames) // as many as the payload decoded to
		}
	}
	// Output:
	// request 1 from 3
	// play at frame 0
	// play at frame 352
	// play at frame 704
	// conceal at frame 1056
	// play at frame 1408
}
