package sender_test

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

// listener collects what a real receiver makes of the session, and asks again
// for what is missing.
type listener struct {
	mu      sync.Mutex // guards what follows
	events  []raop.Event
	packets map[uint16][]byte
}

func (l *listener) HandleEvent(e raop.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *listener) HandlePacket(_ *raop.Session, p raop.Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.packets[p.Seq] = slices.Clone(p.Payload)
}

func (l *listener) missing(first uint16, count int) []uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []uint16
	for i := range count {
		if seq := first + uint16(i); l.packets[seq] == nil {
			list = append(list, seq)
		}
	}
	return list
}

func (l *listener) session() *raop.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if play, ok := e.(raop.Play); ok {
			return play.Session
		}
	}
	return nil
}

// run runs f beside the test until its end.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestRealReceiverGetsEverySample(t *testing.T) {
	const first, count, frameLength = 0xfff0, 60, sender.DefaultFrameLength
	heard := &listener{packets: map[uint16][]byte{}}
	receiver := raop.New(raop.Options{
		ID: raop.IDFromUDN("uuid:x"), Password: "sesame", Listen: netip.MustParseAddr("127.0.0.1"),
		Handler: heard, VolumeDB: func() float64 { return -7.5 },
	})
	if err := receiver.Listen(); err != nil {
		t.Fatal(err)
	}
	run(t, receiver.Run)
	s, err := sender.New(sender.Options{
		Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), receiver.Port()), Password: "sesame",
		Encryption: sender.EncryptionRSA, StartSeq: first, StartTimestamp: 0xfffffff0,
		Loss: 0.05, Duplicate: 0.05, Reorder: 0.1, Seed: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s.Run)
	if err := s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want, got := raop.IDFromUDN("uuid:x").String(), s.Receiver().String(); want != got {
		t.Errorf("want receiver %s, got %s", want, got)
	}
	if volume, err := s.Volume(t.Context()); err != nil || volume != -7.5 {
		t.Errorf("want volume -7.5, got %v (%v)", volume, err)
	}
	pcm := ramp(count * frameLength)
	if err := s.Send(t.Context(), pcm); err != nil {
		t.Fatal(err)
	}
	fetch(t, heard, first, count)
	if !slices.Equal(pcm, heard.decode(t, first, count)) {
		t.Error("want the sound as it was sent, got another")
	}
	if got := heard.session().Stats(); got.RTT <= 0 {
		t.Errorf("want timing replies received, got %+v", got)
	}
	if _, synced := heard.session().Latency(); !synced {
		t.Error("want sync packets received")
	}
	if stats := s.Stats(); stats.Lost == 0 || stats.TimingRequests == 0 || stats.Syncs == 0 || stats.Resent == 0 {
		t.Errorf("want losses, resends, syncs and timing, got %+v", stats)
	}
}

// fetch asks for missing packets until none is.
func fetch(t *testing.T, heard *listener, first uint16, count int) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(10 * time.Second)
	for missing := heard.missing(first, count); len(missing) > 0; missing = heard.missing(first, count) {
		for _, seq := range missing {
			if err := heard.session().RequestResend(seq, 1); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-again.C:
		case <-timeout:
			t.Fatalf("still missing: %v", missing)
		}
	}
}

func (l *listener) decode(t *testing.T, first uint16, count int) []int32 {
	t.Helper()
	params := l.session().Params()
	d, err := alac.NewDecoder(alac.Config{
		FrameLength: params.FrameLength, BitDepth: params.Format.BitDepth, Channels: params.Format.Channels,
		SampleRate: params.Format.SampleRate, PB: params.ALAC.PB, MB: params.ALAC.MB, KB: params.ALAC.KB,
		MaxRun: params.ALAC.MaxRun,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var pcm []int32
	block := make([]int32, params.FrameLength*audio.CD.Channels)
	for i := range count {
		frames, err := d.Decode(block, l.packets[first+uint16(i)])
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, block[:frames*audio.CD.Channels]...)
	}
	return pcm
}

func ramp(frames int) []int32 {
	pcm := make([]int32, 0, 2*frames)
	for n := range int32(frames) {
		pcm = append(pcm, n%30000-15000, 7*n%1000)
	}
	return pcm
}
