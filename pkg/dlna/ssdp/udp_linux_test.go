package ssdp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/net/bpf"
)

// appendUDP appends a datagram without a checksum.
func appendUDP(dst []byte, source, destination uint16, payload []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, source)
	dst = binary.BigEndian.AppendUint16(dst, destination)
	dst = binary.BigEndian.AppendUint16(dst, uint16(udpHeaderBytes+len(payload)))
	return append(append(dst, 0, 0), payload...)
}

func TestParseUDP(t *testing.T) {
	whole := appendUDP(nil, 50000, 1900, []byte("NOTIFY"))
	tests := []struct {
		name     string
		datagram []byte
		want     string
		wantErr  bool
	}{
		{"whole", whole, "NOTIFY", false},
		{"padded by the link", append(bytes.Clone(whole), 0, 0, 0), "NOTIFY", false},
		{"cut by the buffer", whole[:len(whole)-3], "NOT", false},
		{"header alone", appendUDP(nil, 50000, 1900, nil), "", false},
		{"length 7", []byte{195, 80, 7, 108, 0, 7, 0, 0}, "", true},
		{"half a header", whole[:7], "", true},
		{"nothing", nil, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, destination, payload, err := parseUDP(tt.datagram)
			if tt.wantErr {
				if !errors.Is(err, ErrMalformed) {
					t.Errorf("want ErrMalformed, got %v", err)
				}
				return
			}
			if err != nil || source != 50000 || destination != 1900 || tt.want != string(payload) {
				t.Errorf("want %q from 50000 to 1900, got %q from %d to %d, %v", tt.want, payload, source, destination, err)
			}
		})
	}
}

func FuzzParseUDP(f *testing.F) {
	f.Add(appendUDP(nil, 50000, 1900, []byte("NOTIFY")))
	f.Add([]byte{195, 80, 7, 108, 0, 7, 0, 0})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		source, destination, payload, err := parseUDP(datagram)
		if err != nil {
			return
		}
		again := appendUDP(nil, source, destination, payload)
		again[4], again[5], again[6], again[7] = datagram[4], datagram[5], datagram[6], datagram[7]
		if !bytes.HasPrefix(datagram, again) {
			t.Fatalf("want the beginning of %x, got %x", datagram, again)
		}
	})
}

func TestPortFilter(t *testing.T) {
	vm, err := bpf.NewVM(portFilter(1900))
	if err != nil {
		t.Fatal(err)
	}
	short := append([]byte{0x45}, make([]byte, 19)...)
	options := append([]byte{0x46}, make([]byte, 23)...)
	tests := []struct {
		name     string
		datagram []byte
		want     bool
	}{
		{"to the port", appendUDP(short, 50000, 1900, []byte("x")), true},
		{"to the port, IP options", appendUDP(options, 50000, 1900, []byte("x")), true},
		{"to another port", appendUDP(short, 1900, 5353, []byte("x")), false},
		{"the port where options end", appendUDP(options, 1900, 1901, []byte("x")), false},
		{"IP header alone", short, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := vm.Run(tt.datagram)
			if got := n > 0; err != nil || tt.want != got {
				t.Errorf("want %v, got %v, %v", tt.want, got, err)
			}
		})
	}
}
