package sender

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

const fast = 200 // times real time, for receivers that only collect

// testMusic is frames of a tone that becomes noise: ALAC packets of both kinds.
func testMusic(frames int) []int32 {
	rng := rand.New(rand.NewPCG(5, 6))
	pcm := make([]int32, 0, 2*frames)
	for n := range frames {
		s := int32(9000 * math.Sin(0.03*float64(n)))
		if n/2000%2 == 1 {
			s = rng.Int32N(65536) - 32768
		}
		pcm = append(pcm, s, -s/2)
	}
	return pcm
}

// sound puts packets in order, each once, and decodes them.
func (f *fakeReceiver) sound(first uint16, packets []rtp.Audio) []int32 {
	f.t.Helper()
	slices.SortStableFunc(packets, func(a, b rtp.Audio) int {
		return audio.SeqDiff(a.Seq, first) - audio.SeqDiff(b.Seq, first)
	})
	packets = slices.CompactFunc(packets, func(a, b rtp.Audio) bool { return a.Seq == b.Seq })
	var pcm []int32
	for _, p := range packets {
		pcm = append(pcm, f.decode(p.Payload)...)
	}
	return pcm
}

func send(t *testing.T, s *Sender, pcm []int32) {
	t.Helper()
	if err := s.Send(t.Context(), pcm); err != nil {
		t.Fatal(err)
	}
}

func TestSendsEveryFormBitExact(t *testing.T) {
	tests := []struct {
		name       string
		codec      Codec
		encryption Encryption
		rtpmap     string
	}{
		{"ALAC", ALAC, EncryptionNone, "96 AppleLossless"},
		{"ALAC, RSA", ALAC, EncryptionRSA, "96 AppleLossless"},
		{"uncompressed ALAC", ALACUncompressed, EncryptionNone, "96 AppleLossless"},
		{"uncompressed ALAC, RSA", ALACUncompressed, EncryptionRSA, "96 AppleLossless"},
		{"L16", L16, EncryptionNone, "96 L16/44100/2"},
		{"L16, RSA", L16, EncryptionRSA, "96 L16/44100/2"},
	}
	pcm := testMusic(10000)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, nil)
			s := f.connected(Options{Codec: tt.codec, Encryption: tt.encryption, Speed: fast})
			send(t, s, pcm)
			eventually(t, "all packets", func() bool { p, _, _ := f.got(); return len(p) == s.Stats().Packets })
			packets, _, _ := f.got()
			if !slices.Equal(pcm, f.sound(0, packets)) {
				t.Error("want the sound as it was sent, got another")
			}
			if want, got := tt.rtpmap, f.announced("rtpmap"); want != got {
				t.Errorf("want rtpmap %q, got %q", want, got)
			}
			if want, got := int64(10000), s.Stats().Frames; want != got {
				t.Errorf("want %d frames counted, got %d", want, got)
			}
		})
	}
}

func TestSequenceAndTimestampWrap(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{StartSeq: 0xfffc, StartTimestamp: 0xffffff00, Speed: fast})
	pcm := testMusic(8*DefaultFrameLength + 100)
	send(t, s, pcm)
	eventually(t, "all packets", func() bool { p, _, _ := f.got(); return len(p) == 9 })
	packets, _, _ := f.got()
	start := uint32(0xffffff00)
	for i, p := range packets {
		if want := uint16(0xfffc + i); p.Seq != want {
			t.Errorf("packet %d: want seq %d, got %d", i, want, p.Seq)
		}
		if want := start + uint32(i*DefaultFrameLength); p.Timestamp != want {
			t.Errorf("packet %d: want timestamp %#x, got %#x", i, want, p.Timestamp)
		}
		if want, got := i == 0, p.Marker; want != got {
			t.Errorf("packet %d: marker: want %v, got %v", i, want, got)
		}
	}
	if !slices.Equal(pcm, f.sound(0xfffc, packets)) {
		t.Error("want the sound as it was sent, got another")
	}
}

func TestSync(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		latency int64
		first   bool
	}{
		{"as iTunes", Options{}, DefaultLatency, true},
		{"own latency", Options{Latency: 11025}, 11025, true},
		{"as PipeWire", Options{Latency: NoLatency}, 0, true},
		{"as airtunes2", Options{NoMarker: true}, DefaultLatency, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, nil)
			tt.options.Speed, tt.options.StartTimestamp = 10, 1000
			s := f.connected(tt.options)
			send(t, s, testMusic(44100*15)) // 1.5 s on the sender's clock
			eventually(t, "two sync packets", func() bool { _, _, syncs := f.got(); return len(syncs) == 2 })
			_, _, syncs := f.got()
			for i, sync := range syncs {
				if want, got := tt.latency, sync.LatencyFrames(); want != got {
					t.Errorf("sync %d: want latency %d, got %d", i, want, got)
				}
				if want := tt.first && i == 0; want != sync.First {
					t.Errorf("sync %d: first: want %v, got %v", i, want, sync.First)
				}
			}
			if want, got := uint32(1000), syncs[0].Next; want != got {
				t.Errorf("want timestamp %d first, got %d", want, got)
			}
			// One second on the clock at ten times real time.
			frames := audio.TimestampDiff(syncs[1].Next, syncs[0].Next)
			if frames < 441000 || frames > 441000+DefaultFrameLength {
				t.Errorf("want 441000 frames between syncs, got %d", frames)
			}
			if got := syncs[1].Time.Sub(syncs[0].Time); got < time.Second || got > time.Second+2*time.Millisecond {
				t.Errorf("want 1 s between syncs, got %v", got)
			}
		})
	}
}

func TestFlushBeginsAnew(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{Speed: fast})
	send(t, s, testMusic(DefaultFrameLength*3))
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, s, testMusic(DefaultFrameLength*2)) // without RECORD
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, s, testMusic(DefaultFrameLength))
	eventually(t, "all packets", func() bool { p, _, _ := f.got(); return len(p) == 6 })
	packets, _, syncs := f.got()
	var marked []uint16
	for _, p := range packets {
		if p.Marker {
			marked = append(marked, p.Seq)
		}
	}
	if want := []uint16{0, 3, 5}; !slices.Equal(want, marked) {
		t.Errorf("want packets %v marked, got %v", want, marked)
	}
	if len(syncs) != 3 || !syncs[1].First || syncs[1].Next != 3*DefaultFrameLength {
		t.Errorf("want a first sync for each start, got %+v", syncs)
	}
	if want, got := "seq=3;rtptime=1056", f.asked()[4].Header.Get("RTP-Info"); want != got {
		t.Errorf("FLUSH: want RTP-Info %s, got %s", want, got)
	}
}

func TestFlushButTheLastPackets(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{StartSeq: 1, StartTimestamp: 1000, Speed: fast})
	send(t, s, testMusic(DefaultFrameLength*3))
	if err := s.FlushBut(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if want, got := "seq=2;rtptime=1352", f.asked()[4].Header.Get("RTP-Info"); want != got {
		t.Errorf("FLUSH: want RTP-Info %s, got %s", want, got)
	}
}

func TestL16WithTheLineOfALAC(t *testing.T) {
	f := newFake(t, nil)
	f.connected(Options{Codec: L16, ALACLine: true})
	if want, got := "96 L16/44100/2", f.announced("rtpmap"); want != got {
		t.Errorf("want rtpmap %q, got %q", want, got)
	}
	if want, got := "96 352 0 16 40 10 14 2 255 0 0 44100", f.announced("fmtp"); want != got {
		t.Errorf("want fmtp %q, got %q", want, got)
	}
}

func TestSendKeepsTheTime(t *testing.T) {
	stall.Retry(t, retryStall, func() error { return sendInHalves(t) })
}

// sendInHalves sends two pieces that follow each other.
func sendInHalves(t *testing.T) error {
	t.Helper()
	f := newFake(t, nil)
	s := f.connected(Options{})
	pcm := testMusic(44100 / 4)
	begun := time.Now()
	for half := range slices.Chunk(pcm, len(pcm)/2/DefaultFrameLength*DefaultFrameLength) {
		send(t, s, half)
	}
	// The last packet goes when it begins, not when it ends.
	want := audio.CD.Duration(44100/4 - 2*DefaultFrameLength)
	if took := time.Since(begun); took < want {
		t.Errorf("want at least %v, took %v", want, took)
	}
	eventually(t, "all packets", func() bool { p, _, _ := f.got(); return len(p) == s.Stats().Packets })
	packets, _, _ := f.got()
	marks := 0
	for _, p := range packets {
		if p.Marker {
			marks++
		}
	}
	if marks != 1 {
		return fmt.Errorf("want one timeline for both halves, got %d", marks)
	}
	return nil
}

func TestParameters(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{})
	ctx := t.Context()
	err := errors.Join(
		s.SetVolume(ctx, -13.5), s.SetVolume(ctx, Mute),
		s.SetMetadata(ctx, Metadata{Title: "Tëst", Artist: "A", Album: ""}),
		s.SetProgress(ctx, 1, 2, 4294967295), s.SetArtwork(ctx, "image/jpeg", []byte{0xff, 0xd8}),
	)
	if err != nil {
		t.Fatal(err)
	}
	const dmap = "mlit\x00\x00\x00\x1eminm\x00\x00\x00\x05Tëstasar\x00\x00\x00\x01Aasal\x00\x00\x00\x00"
	want := []struct{ contentType, body string }{
		{"text/parameters", "volume: -13.500000\r\n"},
		{"text/parameters", "volume: -144.000000\r\n"},
		{"application/x-dmap-tagged", dmap},
		{"text/parameters", "progress: 1/2/4294967295\r\n"},
		{"image/jpeg", "\xff\xd8"},
	}
	for i, req := range f.asked()[4:] {
		if req.Method != "SET_PARAMETER" || req.Header.Get("Content-Type") != want[i].contentType || string(req.Body) != want[i].body {
			t.Errorf("want %s %q, got %s %s %q", want[i].contentType, want[i].body, req.Method, req.Header.Get("Content-Type"), req.Body)
		}
	}
	volume, err := s.Volume(ctx)
	if err != nil || volume != -11.25 {
		t.Errorf("want volume -11.25, got %v (%v)", volume, err)
	}
}

func TestCloseEndsSend(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{})
	time.AfterFunc(50*time.Millisecond, s.Close)
	if err := s.Send(t.Context(), testMusic(44100*30)); err == nil {
		t.Error("want an error")
	}
	s.Close()
}

func TestNothingWorksBeforeConnect(t *testing.T) {
	s, err := New(Options{Addr: netip.MustParseAddrPort("127.0.0.1:5000")})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, volumeErr := s.Volume(ctx)
	for name, err := range map[string]error{
		"Send": s.Send(ctx, testMusic(1)), "Flush": s.Flush(ctx), "Record": s.Record(ctx), "Teardown": s.Teardown(ctx),
		"SetVolume": s.SetVolume(ctx, 0), "Volume": volumeErr,
	} {
		if !errors.Is(err, errNotConnected) {
			t.Errorf("%s: want %v, got %v", name, errNotConnected, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	addr := netip.MustParseAddrPort("127.0.0.1:5000")
	for name, o := range map[string]Options{
		"no address":     {},
		"long packets":   {Addr: addr, FrameLength: 4096},
		"negative speed": {Addr: addr, Speed: -1},
		"loss over all":  {Addr: addr, Loss: 1.5},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestClockDrifts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(100)
		time.Sleep(time.Hour) // of the bubble
		if want, got := time.Hour+360*time.Millisecond, c.now(); got < want-time.Microsecond || got > want+time.Microsecond {
			t.Errorf("want %v after an hour at 100 ppm, got %v", want, got)
		}
		if want, got := time.Second, c.until(c.now()+time.Second+100*time.Microsecond); got < want-time.Microsecond || got > want+time.Microsecond {
			t.Errorf("want to wait %v, got %v", want, got)
		}
	})
}

func TestPort(t *testing.T) {
	const transport = "RTP/AVP/UDP;unicast;server_port=6000;control_port=0;timing_port=x"
	if n, err := port(transport, "server_port"); n != 6000 || err != nil {
		t.Errorf("want 6000, got %d (%v)", n, err)
	}
	for _, name := range []string{"control_port", "timing_port", "event_port"} {
		if _, err := port(transport, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: want an error that names it, got %v", name, err)
		}
	}
}

func TestHost(t *testing.T) {
	if want, got := "[fe80::1]", host(netip.MustParseAddr("fe80::1%eth0")); want != got {
		t.Errorf("want %s, got %s", want, got)
	}
	if want, got := "10.0.0.9", host(netip.MustParseAddr("10.0.0.9")); want != got {
		t.Errorf("want %s, got %s", want, got)
	}
}
