package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// attackGrowth is what the whole process may hold after an attack that it did
// not hold before: streams grow as they fill.
const attackGrowth = 24 << 20

// The UDP ports of the sessions, so that the attacks hit nobody else.
const attackedFirst, attackedLast = 31900, 31949

// TestOneSpeakerAttackedOthersUnaffected plays to one speaker while bad peers
// do what they can to another.
func TestOneSpeakerAttackedOthersUnaffected(t *testing.T) {
	rec := newRecorder()
	ports := fmt.Sprintf("BREEZEWAY_UDP_PORTS=%d-%d", attackedFirst, attackedLast)
	sim := startSimulation(t, []string{longLatency, ports}, speaker.Options{Name: "Kitchen", Capture: rec}, speaker.Options{Name: "Target"})
	calm, target := sim.waitOffered("Kitchen"), sim.waitOffered("Target")
	music := testMusic(1, 6*time.Second)
	from := sim.connectSender(calm, sender.Options{Loss: 0.02, Seed: 1})
	before := heap()
	var attacks sync.WaitGroup
	for _, attack := range []func(*simulation, bridge.Speaker){floodRequests, floodConnections, floodPackets, losePacketsAgainAndAgain, jumpTimestamps} {
		attacks.Go(func() { attack(sim, target) })
	}
	from.send(music)
	from.sendSilenceUntilHeard(rec, len(music))
	attacks.Wait()
	must(t, from.Teardown(t.Context()))
	rec.wantPieces(t, music)
	if after := heap(); after > before+attackGrowth {
		t.Errorf("%d bytes of memory grew to %d", before, after)
	}
	sim.eventually("the attacked speaker is free", func() bool { return sim.snapshot(target.UDN).State() == player.StateIdle })
	sim.connectSender(target, sender.Options{Local: netip.MustParseAddr("127.0.0.9")})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// dialFrom connects to a speaker's RTSP port from an address of demo.Loopback.
func dialFrom(t *testing.T, to bridge.Speaker, from netip.Addr) net.Conn {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), Timeout: waitTimeout}
	conn, err := d.Dial("tcp", demo.RTSPAddr(to).String())
	if err != nil {
		t.Error(err)
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(waitTimeout)) // a fresh connection takes it
	return conn
}

// floodRequests sends requests without an end.
func floodRequests(sim *simulation, to bridge.Speaker) {
	for i, head := range []string{
		"OPTIONS * RTSP/1.0\r\n",
		"OPTIONS * RTSP/1.0\r\nX: ",
		"SET_PARAMETER * RTSP/1.0\r\nContent-Length: 4294967295\r\n\r\n",
		"",
	} {
		conn := dialFrom(sim.t, to, netip.AddrFrom4([4]byte{127, 3, 0, byte(1 + i)}))
		if conn == nil {
			return
		}
		_, err := io.WriteString(conn, head)
		for piece := bytes.Repeat([]byte("X-Flood: yes\r\n"), 1000); err == nil; {
			_, err = conn.Write(piece)
		}
		_ = conn.Close()
	}
}

// floodConnections opens thousands of connections that say little.
func floodConnections(sim *simulation, to bridge.Speaker) {
	for i := range 3000 {
		conn := dialFrom(sim.t, to, netip.AddrFrom4([4]byte{127, 4, byte(i >> 8), byte(i)}))
		if conn == nil {
			return
		}
		_, _ = io.WriteString(conn, "ANNOUNCE") // refused ones may be gone
		_ = conn.Close()
	}
}

// floodPackets sends sound from a foreign host to all UDP ports that a session
// may have.
func floodPackets(sim *simulation, to bridge.Speaker) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 77)})
	if err != nil {
		sim.t.Error(err)
		return
	}
	defer conn.Close()
	packet := rtp.Audio{Payload: make([]byte, 1408)}.Append(nil)
	for range 300 {
		for port := uint16(attackedFirst); port <= attackedLast; port++ {
			_, _ = conn.WriteToUDPAddrPort(packet, netip.AddrPortFrom(demo.Loopback, port)) // most of them are nobody's
		}
	}
}

// losePacketsAgainAndAgain is a sender that loses every other packet, resent ones too.
func losePacketsAgainAndAgain(sim *simulation, to bridge.Speaker) {
	s := sim.connectAsAttacker(to, sender.Options{Loss: 0.5, Duplicate: 0.5, Reorder: 0.5, Seed: 7, Local: netip.MustParseAddr("127.0.0.5")})
	if s == nil {
		return
	}
	defer s.Close()
	if err := s.Send(sim.t.Context(), testMusic(3, 2*time.Second)); err != nil {
		sim.t.Error(err)
	}
	if asked, sent := s.Stats().ResendRequests, s.Stats().Packets; asked == 0 || asked > 20*sent {
		sim.t.Errorf("asked %d times again for %d packets", asked, sent)
	}
}

// jumpTimestamps is a sender whose timestamps jump ahead by an hour, and back.
func jumpTimestamps(sim *simulation, to bridge.Speaker) {
	const hour = 3600 * 44100
	s := sim.connectAsAttacker(to, sender.Options{Local: netip.MustParseAddr("127.0.0.6")})
	if s == nil {
		return
	}
	defer s.Close()
	for _, jump := range []int32{hour, -hour, 1 << 30} {
		s.JumpTimestamp(jump)
		if err := s.Send(sim.t.Context(), testMusic(4, 500*time.Millisecond)); err != nil {
			sim.t.Error(err)
		}
	}
}

// connectAsAttacker begins a session as soon as no other attacker has one.
func (sim *simulation) connectAsAttacker(to bridge.Speaker, o sender.Options) *sender.Sender {
	var s *sender.Sender
	err := demo.Poll(sim.t.Context(), waitTimeout, func() bool {
		s = sim.newSender(to, o).Sender
		return s.Connect(sim.t.Context()) == nil
	})
	if err != nil {
		sim.t.Errorf("the speaker lets %v in no more: %v", o.Local, err)
		return nil
	}
	return s
}

// TestTimestampJumpsAnHour goes on playing after a jump: neither an hour of
// silence nor one of waiting.
func TestTimestampJumpsAnHour(t *testing.T) {
	const hour = 3600 * 44100
	for name, jump := range map[string]int32{"ahead": hour, "back": -hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newRecorder()
			sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
			from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{StartTimestamp: 1 << 29})
			first, second := testMusic(1, 3*time.Second), testMusic(2, 2*time.Second)
			from.send(first)
			from.JumpTimestamp(jump)
			from.send(second)
			before := heap()
			from.sendSilenceUntil("the sound after the jump", func() bool { return rec.samples() >= len(first)+len(second)*9/10 })
			if after := heap(); after > before+attackGrowth {
				t.Errorf("%d bytes of memory grew to %d", before, after)
			}
		})
	}
}
