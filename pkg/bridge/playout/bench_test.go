package playout

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// discard is a Sink that counts.
type discard struct{ frames int }

func (d *discard) Write(_ []byte, frames int) error {
	d.frames += frames
	return nil
}

// tonePayload is a packet of L16 with a quiet tone, which no encoder packs to
// nothing.
func tonePayload() []byte {
	b := make([]byte, 0, 4*packetFrames)
	for i := range packetFrames {
		v := uint16(int16(3000 * math.Sin(2*math.Pi*float64(i)*5/packetFrames)))
		b = append(b, byte(v>>8), byte(v), byte(v>>8), byte(v))
	}
	return b
}

// BenchmarkPacket plays one packet of 352 frames after the other, from the network
// to the encoded chunk: order, decode (L16), encode.
func BenchmarkPacket(b *testing.B) {
	for _, codec := range []audio.Codec{audio.FLAC, audio.WAV} {
		b.Run(codec.String(), func(b *testing.B) { benchmarkPacket(b, Voice{Codec: codec, BlockFrames: 1152}) })
	}
}

func benchmarkPacket(b *testing.B, v Voice) {
	packets, err := NewPacketSource(PacketOptions{
		Format: audio.CD, FrameLength: packetFrames, Latency: latency, Sender: &fakeSender{},
		NewDecoder: func() (Decoder, error) { return audio.L16Decoder{Format: audio.CD}, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	p := New(audio.CD, packets)
	encoder, err := v.NewEncoder(audio.CD, 0)
	if err != nil {
		b.Fatal(err)
	}
	sink := &discard{}
	p.Open(v, encoder, sink, Preroll)
	payload, now := tonePayload(), time.Now()
	at, seq := uint32(0), uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		packets.Push(Packet{Seq: seq, Timestamp: at, Arrival: now, Payload: payload})
		p.playDue(now)
		seq, at, now = seq+1, at+packetFrames, now.Add(audio.CD.Duration(packetFrames))
	}
	if b.N > 100 && sink.frames < b.N/2*packetFrames {
		b.Fatalf("want most of %d packets played, got %d frames", b.N, sink.frames)
	}
}
