package sender

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

const (
	backlogPackets  = 1024 // kept to be resent: 8 seconds
	maxResend       = 128  // packets for one request
	datagramMaxSize = 2048 // no request is longer
)

// link is the three UDP sockets of a session and what happens to packets on
// their way.
type link struct {
	remote               netip.Addr
	audio                *net.UDPConn
	control              *net.UDPConn
	timing               *net.UDPConn
	counters             *counters
	ignoreResendRequests bool // as PipeWire 0.3 and airtunes2
	habits               Habits
	resentFaults         *networkFaults    // of resent packets; only answerResends uses it
	audioFaults          *networkFaults    // of audio packets; only the goroutine that sends them uses it
	reordered            []reorderedPacket // likewise: overtaken ones
	packet               []byte            // likewise
	loseNext             int               // likewise: packets that get lost whatever chance says

	mu        sync.Mutex     // guards what follows
	audioTo   netip.AddrPort // from SETUP on
	controlTo netip.AddrPort // likewise
	backlog   [backlogPackets]rtp.Audio
	stored    [backlogPackets]bool
}

// A reorderedPacket goes out after so many others.
type reorderedPacket struct {
	packet []byte
	after  int
}

func openLink(local, remote netip.Addr, o Options, m *counters) (*link, error) {
	l := &link{remote: remote, counters: m, ignoreResendRequests: o.NoResend, habits: o.Habits, audioFaults: newNetworkFaults(o, 0), resentFaults: newNetworkFaults(o, 1)}
	for _, conn := range []**net.UDPConn{&l.audio, &l.control, &l.timing} {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		*conn = c
	}
	return l, nil
}

func (l *link) close() error {
	var err error
	for _, conn := range []*net.UDPConn{l.audio, l.control, l.timing} {
		if conn != nil {
			err = errors.Join(err, conn.Close())
		}
	}
	return err
}

// ports are our own, for SETUP.
func (l *link) ports() (control, timing uint16) {
	return l.control.LocalAddr().(*net.UDPAddr).AddrPort().Port(), l.timing.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// setTargets sets the receiver's ports.
func (l *link) setTargets(audioPort, controlPort uint16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.audioTo = netip.AddrPortFrom(l.remote, audioPort)
	l.controlTo = netip.AddrPortFrom(l.remote, controlPort)
}

func (l *link) targets() (audio, control netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.audioTo, l.controlTo
}

// storeForResend stores a for resend requests, in place of the packet 1024 before it.
func (l *link) storeForResend(a rtp.Audio) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slot := &l.backlog[a.Seq%backlogPackets]
	payload := append(slot.Payload[:0], a.Payload...)
	*slot = a
	slot.Payload = payload
	l.stored[a.Seq%backlogPackets] = true
}

// appendStored appends the resent form of packet seq to dst: with the wrapper of
// iTunes, or as Habits have it.
func (l *link) appendStored(dst []byte, seq uint16) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slot := seq % backlogPackets
	if !l.stored[slot] || l.backlog[slot].Seq != seq {
		return dst, false
	}
	switch {
	case l.habits.ResentBare:
		return l.backlog[slot].Append(dst), true
	case l.habits.ResentAsOne:
		return rtp.AppendResent(dst, 1, l.backlog[slot]), true
	default:
		return rtp.AppendResent(dst, seq, l.backlog[slot]), true
	}
}

// sendAudio sends one packet of so many frames, subject to the simulated faults.
func (l *link) sendAudio(a rtp.Audio, frames int) error {
	l.storeForResend(a)
	l.packet = a.Append(l.packet[:0])
	l.counters.count(func(s *Stats) {
		s.Packets++
		s.Frames += int64(frames)
	})
	if behind := l.audioFaults.overtaken(); behind > 0 {
		l.counters.count(func(s *Stats) { s.Reordered++ })
		l.reordered = append(l.reordered, reorderedPacket{packet: append([]byte(nil), l.packet...), after: behind})
		return nil
	}
	if err := l.writeAudio(l.packet); err != nil {
		return err
	}
	return l.sendReordered()
}

// sendReordered lets the held packets whose time has come go.
func (l *link) sendReordered() error {
	waiting := l.reordered[:0]
	var err error
	for _, h := range l.reordered {
		if h.after--; h.after > 0 {
			waiting = append(waiting, h)
			continue
		}
		err = errors.Join(err, l.writeAudio(h.packet))
	}
	l.reordered = waiting
	return err
}

// sendAllReordered sends what waits to be overtaken and never will be.
func (l *link) sendAllReordered() error {
	var err error
	for _, h := range l.reordered {
		err = errors.Join(err, l.writeAudio(h.packet))
	}
	l.reordered = l.reordered[:0]
	return err
}

func (l *link) writeAudio(packet []byte) error {
	to, _ := l.targets()
	if l.loseNext > 0 || l.audioFaults.lost() {
		l.loseNext = max(0, l.loseNext-1)
		l.counters.count(func(s *Stats) { s.Lost++ })
		return nil
	}
	times := 1
	if l.audioFaults.doubled() {
		l.counters.count(func(s *Stats) { s.Duplicated++ })
		times = 2
	}
	for range times {
		if _, err := l.audio.WriteToUDPAddrPort(packet, to); err != nil {
			return fmt.Errorf("send audio: %w", err)
		}
	}
	return nil
}

func (l *link) sendSync(s rtp.Sync) error {
	_, to := l.targets()
	if _, err := l.control.WriteToUDPAddrPort(s.Append(nil), to); err != nil {
		return fmt.Errorf("send sync: %w", err)
	}
	l.counters.count(func(s *Stats) { s.Syncs++ })
	return nil
}
