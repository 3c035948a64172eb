package jitter_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

// numbered is packet n of a stream that begins at seq and timestamp.
func numbered(seq uint16, timestamp uint32, n int) jitter.Arrival {
	return jitter.Arrival{At: epoch, Packet: jitter.Packet{
		Seq: seq + uint16(n), Timestamp: timestamp + uint32(n*frameLength), Payload: []byte{byte(n)},
	}}
}

func TestJumpCountsOnlyWhenPacketsAgree(t *testing.T) {
	const seq, timestamp = 65530, 1<<32 - 1000 // both wrap soon
	resent := numbered(20000, 5, 0)
	resent.Resent = true
	for name, test := range map[string]struct {
		packets []jitter.Arrival // after packets 0 to 9 of the stream
		want    []int            // indices of the packets that are passed on
	}{
		"the stream goes on":            {[]jitter.Arrival{numbered(seq, timestamp, 10), numbered(seq, timestamp, 11)}, []int{0, 1}},
		"packets lost, one overtaken":   {[]jitter.Arrival{numbered(seq, timestamp, 900), numbered(seq, timestamp, 5)}, []int{0, 1}},
		"one wrong packet":              {[]jitter.Arrival{numbered(20000, 5, 0), numbered(seq, timestamp, 10)}, []int{1}},
		"a wrong timestamp alone":       {[]jitter.Arrival{numbered(seq, 5<<20, 10), numbered(seq, timestamp, 11)}, []int{1}},
		"the same wrong packet twice":   {[]jitter.Arrival{numbered(20000, 5, 0), numbered(20000, 5, 0)}, nil},
		"two wrong packets that differ": {[]jitter.Arrival{numbered(20000, 5, 0), numbered(20001, 1<<30, 0)}, nil},
		"numbering starts anew":         {[]jitter.Arrival{numbered(20000, 5, 0), numbered(20000, 5, 1), numbered(20000, 5, 2)}, []int{0, 1, 2}},
		"anew, with a packet lost":      {[]jitter.Arrival{numbered(20000, 5, 0), numbered(20000, 5, 2)}, []int{0, 1}},
		"anew, among the old ones":      {[]jitter.Arrival{numbered(20000, 5, 0), numbered(seq, timestamp, 10), numbered(20000, 5, 1)}, []int{1, 0, 2}},
		"an answer to no request":       {[]jitter.Arrival{resent, resent}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := jitter.NewJumpFilter(jitter.DefaultOptions(audio.CD, frameLength))
			for n := range 10 {
				if got := f.Filter(numbered(seq, timestamp, n)); len(got) != 1 {
					t.Fatalf("packet %d: want it passed on at once, got %v", n, got)
				}
			}
			var got []int
			for _, a := range test.packets {
				for _, p := range f.Filter(a) {
					got = append(got, slices.IndexFunc(test.packets, func(a jitter.Arrival) bool {
						return a.Seq == p.Seq && a.Timestamp == p.Timestamp && slices.Equal(a.Payload, p.Payload)
					}))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("want packets %v passed on, got %v", test.want, got)
			}
		})
	}
}

func TestFirstPacketAfterAResetIsPassedOn(t *testing.T) {
	f := jitter.NewJumpFilter(jitter.DefaultOptions(audio.CD, frameLength))
	f.Filter(numbered(1, 1, 0))
	f.Reset()
	if got := f.Filter(numbered(30000, 1<<30, 0)); len(got) != 1 {
		t.Errorf("want the first packet of a stream passed on, got %v", got)
	}
}

func TestJumpFilterDoesNotAllocate(t *testing.T) {
	f := jitter.NewJumpFilter(jitter.DefaultOptions(audio.CD, frameLength))
	rng := rand.New(rand.NewPCG(1, 2))
	n := 0
	a := numbered(0, 0, 0)
	a.Payload = make([]byte, 1415)
	got := testing.AllocsPerRun(1000, func() {
		n++
		a.Seq, a.Timestamp = uint16(n), uint32(n*frameLength)
		f.Filter(a)
		a.Seq, a.Timestamp = uint16(rng.Uint32()), rng.Uint32()
		f.Filter(a)
	})
	if got > 0 {
		t.Errorf("want no allocation, got %v a packet", got)
	}
}
