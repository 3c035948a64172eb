package sender

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

func seqs(packets []rtp.Audio) []uint16 {
	var list []uint16
	for _, p := range packets {
		list = append(list, p.Seq)
	}
	return list
}

func TestLostPacketsAreResent(t *testing.T) {
	const count, first = 200, 0xffc0
	f := newFake(t, nil)
	s := f.connected(Options{StartSeq: first, Loss: 0.1, Seed: 7, Speed: fast, Encryption: EncryptionRSA})
	pcm := testMusic(count * DefaultFrameLength)
	send(t, s, pcm)
	lost := s.Stats().Lost
	if lost < count/20 || lost > count/5 {
		t.Fatalf("want about %d packets lost, got %d", count/10, lost)
	}
	eventually(t, "the rest", func() bool { p, _, _ := f.got(); return len(p) == count-lost })
	packets, _, _ := f.got()
	have := map[uint16]bool{}
	for _, p := range packets {
		have[p.Seq] = true
	}
	// Ask until all is there: what is resent may get lost, too.
	eventually(t, "all packets", func() bool {
		_, resent, _ := f.got()
		for _, p := range resent {
			have[p.Seq] = true
		}
		for i := range uint16(count) {
			if seq := first + i; !have[seq] {
				f.askAgain(rtp.ResendRequest{First: seq, Count: 1})
			}
		}
		return len(have) == count
	})
	packets, resent, _ := f.got()
	if !slices.Equal(pcm, f.sound(first, append(packets, resent...))) {
		t.Error("want the sound as it was sent, got another")
	}
}

func (f *fakeReceiver) askAgain(r rtp.ResendRequest) {
	f.t.Helper()
	if _, err := f.control.WriteToUDPAddrPort(r.Append(nil), f.senderPort("control_port")); err != nil {
		f.t.Fatal(err)
	}
}

func TestResendRequestsAreBounded(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{Speed: fast})
	send(t, s, make([]int32, 2*300*DefaultFrameLength)) // silence: small packets
	f.askAgain(rtp.ResendRequest{First: 0, Count: 65535})
	eventually(t, "the answers", func() bool { _, resent, _ := f.got(); return len(resent) == maxResend })
	f.askAgain(rtp.ResendRequest{First: 5000, Count: 3}) // never sent
	eventually(t, "them to be refused", func() bool { return s.Stats().Unavailable == 3 })
	if stats := s.Stats(); stats.ResendRequests != 2 || stats.Resent != maxResend {
		t.Errorf("want 2 requests and %d packets, got %+v", maxResend, stats)
	}
}

func TestNoResendAnswersNothing(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{NoResend: true, Speed: fast})
	send(t, s, testMusic(3*DefaultFrameLength))
	f.askAgain(rtp.ResendRequest{First: 0, Count: 3})
	eventually(t, "the request", func() bool { return s.Stats().ResendRequests == 1 })
	if stats := s.Stats(); stats.Resent+stats.Unavailable != 0 {
		t.Errorf("want no answer, got %+v", stats)
	}
}

func TestOldPacketsAreNoLongerKept(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{Speed: 10 * fast})
	send(t, s, testMusic((backlogPackets+1)*DefaultFrameLength))
	f.askAgain(rtp.ResendRequest{First: 0, Count: 2})
	eventually(t, "the answer", func() bool { _, resent, _ := f.got(); return len(resent) == 1 })
	_, resent, _ := f.got()
	if got := resent[0].Seq; got != 1 || s.Stats().Unavailable != 1 {
		t.Errorf("want packet 1 resent and 0 gone, got %d and %+v", got, s.Stats())
	}
}

func TestReorderAndDuplicatesFollowTheSeed(t *testing.T) {
	const count = 300
	run := func(seed uint64) (order []uint16, stats Stats) {
		f := newFake(t, nil)
		s := f.connected(Options{Duplicate: 0.05, Reorder: 0.1, Seed: seed, Speed: fast})
		send(t, s, testMusic(count*DefaultFrameLength))
		stats = s.Stats()
		eventually(t, "all packets", func() bool { p, _, _ := f.got(); return len(p) == count+stats.Duplicated })
		packets, _, _ := f.got()
		return seqs(packets), stats
	}
	order, stats := run(1)
	if stats.Reordered < count/20 || stats.Duplicated < count/50 {
		t.Errorf("want some reordered and doubled, got %+v", stats)
	}
	if slices.IsSorted(order) {
		t.Error("want packets out of order")
	}
	for i, seq := range order {
		if late := i - int(seq); late < -maxOvertaking-2 {
			t.Errorf("packet %d came at place %d: too early", seq, i)
		}
	}
	if again, _ := run(1); !slices.Equal(order, again) {
		t.Error("want the same order for the same seed")
	}
	if other, _ := run(2); slices.Equal(order, other) {
		t.Error("want another order for another seed")
	}
}

func TestTimingReplies(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{})
	if err := f.timing.SetReadDeadline(time.Now().Add(waitTimeout)); err != nil {
		t.Fatal(err)
	}
	var replies []rtp.TimingReply
	for origin := range rtp.NTPTime(3) {
		request := rtp.TimingRequest{Transmit: 0x1234567800000000 + origin}
		if _, err := f.timing.WriteToUDPAddrPort(request.Append(nil), f.senderPort("timing_port")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		n, err := f.timing.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := rtp.ParseTimingReply(b[:n])
		if err != nil || reply.Origin != request.Transmit || reply.Transmit.Sub(reply.Receive) < 0 {
			t.Fatalf("want an answer to %x, got %+v (%v)", request.Transmit, reply, err)
		}
		replies = append(replies, reply)
	}
	if got := replies[2].Receive.Sub(replies[0].Receive); got <= 0 || got > waitTimeout {
		t.Errorf("want a clock that runs, got %v between replies", got)
	}
	if want, got := 3, s.Stats().TimingRequests; want != got {
		t.Errorf("want %d requests counted, got %d", want, got)
	}
}

func TestStrangersAndNonsenseAreIgnored(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{Speed: fast})
	send(t, s, testMusic(DefaultFrameLength))
	stranger, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)})
	if err != nil {
		t.Skip("no second loopback address: ", err)
	}
	defer stranger.Close()
	ask := rtp.ResendRequest{First: 0, Count: 1}.Append(nil)
	for _, to := range []netip.AddrPort{f.senderPort("control_port"), f.senderPort("timing_port")} {
		for _, b := range [][]byte{{}, {0x80}, ask[:5], make([]byte, 1500)} {
			if _, err := f.control.WriteToUDPAddrPort(b, to); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := stranger.WriteToUDPAddrPort(ask, to); err != nil {
			t.Fatal(err)
		}
	}
	f.askAgain(rtp.ResendRequest{First: 0, Count: 1})
	eventually(t, "the one answer", func() bool { _, resent, _ := f.got(); return len(resent) == 1 })
	if want, got := 1, s.Stats().ResendRequests; want != got {
		t.Errorf("want %d request taken, got %d", want, got)
	}
}

// retryStall is how long the machine must have stood still for a test of pace to be
// repeated.
const retryStall = 20 * time.Millisecond

func TestDriftChangesThePace(t *testing.T) {
	stall.Retry(t, retryStall, func() error {
		f := newFake(t, nil)
		s := f.connected(Options{DriftPPM: 1e6}) // twice as fast
		begun := time.Now()
		send(t, s, testMusic(44100/4))
		if took, limit := time.Since(begun), audio.CD.Duration(44100/4); took > limit {
			return fmt.Errorf("want about half of %v, took %v", limit, took)
		}
		return nil
	})
}
