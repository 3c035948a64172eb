package multicast

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/net/bpf"
)

var (
	checksumFrom = netip.MustParseAddr("10.77.0.2")
	checksumTo   = netip.MustParseAddr("224.0.0.251")
	plainPacket  = datagram{source: 5353, destination: 5353, data: []byte("breezeway")}
)

func TestDatagramRoundTrip(t *testing.T) {
	for _, want := range []datagram{
		{},
		{source: 1, destination: 65535, data: []byte{0}},
		plainPacket,
		{source: 5353, destination: 40000, data: make([]byte, MaxDatagramBytes-udpHeaderBytes)},
	} {
		b, err := want.append([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseDatagram(b[len("before"):], false)
		if err != nil || got.source != want.source || got.destination != want.destination || !bytes.Equal(got.data, want.data) {
			t.Errorf("want %v, got %v, %v", want, got, err)
		}
	}
	if _, err := (datagram{data: make([]byte, MaxDatagramBytes)}).append(nil); !errors.Is(err, errDatagram) {
		t.Errorf("too long: got %v", err)
	}
}

func TestMalformedDatagrams(t *testing.T) {
	whole, err := plainPacket.append(nil)
	must(t, err)
	for length := range whole {
		if _, err := parseDatagram(whole[:length], false); !errors.Is(err, errDatagram) {
			t.Errorf("cut to %d bytes: got %v", length, err)
		}
	}
	if d, err := parseDatagram(append(whole, "padding"...), false); err != nil || !bytes.Equal(d.data, plainPacket.data) {
		t.Errorf("padded: got %v, %v", d, err)
	}
	for _, length := range []uint16{0, udpHeaderBytes - 1, uint16(len(whole)) + 1, 65535} {
		lying := bytes.Clone(whole)
		binary.BigEndian.PutUint16(lying[udpLength:], length)
		if _, err := parseDatagram(lying, false); !errors.Is(err, errDatagram) {
			t.Errorf("length said to be %d: got %v", length, err)
		}
	}
}

// What did not fit into the reader's buffer is cut, as on any other socket.
func TestCutDatagrams(t *testing.T) {
	whole, err := plainPacket.append(nil)
	must(t, err)
	for length := range whole {
		d, err := parseDatagram(whole[:length], true)
		if length < udpHeaderBytes {
			if !errors.Is(err, errDatagram) {
				t.Errorf("cut to %d bytes: got %v", length, err)
			}
			continue
		}
		if err != nil || d.source != 5353 || d.destination != 5353 || !bytes.Equal(d.data, plainPacket.data[:length-udpHeaderBytes]) {
			t.Errorf("cut to %d bytes: got %v, %v", length, d, err)
		}
	}
	for _, length := range []uint16{0, udpHeaderBytes - 1} {
		lying := bytes.Clone(whole)
		binary.BigEndian.PutUint16(lying[udpLength:], length)
		if _, err := parseDatagram(lying, true); !errors.Is(err, errDatagram) {
			t.Errorf("length said to be %d: got %v", length, err)
		}
	}
}

func TestChecksum(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want uint16
	}{
		// 0a4d+0002 + e000+00fb + 0011+0008 + 14e9+14e9+0008 = 1153d, with the carry 153e, complemented
		{"no data", nil, 0xeac1},
		{"odd length", []byte{0x12}, 0xd8bf},
		{"even length", []byte{0x12, 0x34}, 0xd889},
		{"that comes to zero", []byte{0xea, 0xbd}, 0xffff},
	}
	for _, tt := range tests {
		b, err := datagram{source: 5353, destination: 5353, data: tt.data}.append(nil)
		must(t, err)
		setChecksum(b, checksumFrom, checksumTo)
		if got := binary.BigEndian.Uint16(b[udpChecksum:]); got != tt.want {
			t.Errorf("%s: want %04x, got %04x", tt.name, tt.want, got)
		}
		if sum := checksum(b, checksumFrom, checksumTo); sum != 0 {
			t.Errorf("%s: the sum with it is %04x", tt.name, sum)
		}
	}
}

// The filter sees an IPv4 header, maybe with options, before the datagram, and no
// IPv6 header.
func TestPortFilter(t *testing.T) {
	udp := func(port uint16) []byte {
		b, err := datagram{source: 40000, destination: port, data: []byte("x")}.append(nil)
		must(t, err)
		return b
	}
	behind := func(headerBytes int, b []byte) []byte {
		header := make([]byte, headerBytes)
		header[0] = 4<<4 | byte(headerBytes/4)
		return append(header, b...)
	}
	ipv4, ipv6 := bpf.Instruction(afterIPv4Header), bpf.Instruction(withoutHeader)
	const port = 5353
	tests := []struct {
		name   string
		skip   bpf.Instruction
		packet []byte
		want   bool
	}{
		{"IPv4", ipv4, behind(20, udp(port)), true},
		{"IPv4 with options", ipv4, behind(60, udp(port)), true},
		{"IPv4, another port", ipv4, behind(20, udp(5354)), false},
		{"IPv4, the port where options end", ipv4, behind(24, udp(5352)), false},
		{"IPv4, cut", ipv4, behind(20, nil), false},
		{"IPv6", ipv6, udp(port), true},
		{"IPv6, another port", ipv6, udp(53), false},
		{"IPv6, cut", ipv6, udp(port)[:3], false},
	}
	for _, tt := range tests {
		vm, err := bpf.NewVM(portFilter(port, tt.skip))
		must(t, err)
		n, err := vm.Run(tt.packet)
		if err != nil || n > 0 != tt.want {
			t.Errorf("%s: want passed=%v, got %d, %v", tt.name, tt.want, n, err)
		}
	}
}

func FuzzParseDatagram(f *testing.F) {
	whole, err := plainPacket.append(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, cut := range []bool{false, true} {
		f.Add(whole, cut)
		f.Add(whole[:len(whole)-3], cut)
		f.Add(whole[:udpHeaderBytes], cut)
		f.Add([]byte{195, 80, 7, 108, 0, 7, 0, 0}, cut)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut bool) {
		d, err := parseDatagram(b, cut)
		if err != nil {
			return
		}
		again, err := d.append(nil)
		if err != nil || len(again) > len(b) || !bytes.Equal(again[:udpLength], b[:udpLength]) || !bytes.HasPrefix(b[udpHeaderBytes:], again[udpHeaderBytes:]) {
			t.Errorf("%x became %x, %v", b, again, err)
		}
		if whole := int(binary.BigEndian.Uint16(b[udpLength:])) == len(again); !whole && !cut {
			t.Errorf("%x was cut to %x", b, again)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
