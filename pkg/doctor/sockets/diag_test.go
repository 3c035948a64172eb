package sockets

import (
	"encoding/binary"
	"testing"
)

// answer builds what the kernel sends for one socket.
func answer(inode uint32, attributes ...[]byte) []byte {
	b := make([]byte, diagBytes)
	binary.NativeEndian.PutUint32(b[diagInodeOffset:], inode)
	for _, a := range attributes {
		b = append(b, a...)
	}
	return b
}

// attribute builds one attribute, filled up to 4 bytes.
func attribute(kind uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(attributeBytes+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, -len(value)&3)...)
}

var (
	onlyIPv6  = attribute(attributeOnlyIPv6, 1)
	dualStack = attribute(attributeOnlyIPv6, 0)
	cgroup    = attribute(attributeCgroup, binary.NativeEndian.AppendUint64(nil, 0x1_0000_0007)...)
	shutdown  = attribute(8, 3)
)

func TestParseDiag(t *testing.T) {
	cases := []struct {
		name string
		in   []byte
		want detail
	}{
		{"no attributes", answer(9), detail{}},
		{"all", answer(9, shutdown, onlyIPv6, cgroup), detail{cgroup: 0x1_0000_0007, onlyIPv6: true}},
		{"both families", answer(9, dualStack), detail{}},
		{"value too short", answer(9, attribute(attributeCgroup, 1, 2, 3)), detail{}},
		{"no value", answer(9, attribute(attributeOnlyIPv6)), detail{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inode, got, err := parseDiag(c.in)
			if err != nil || inode != 9 || got != c.want {
				t.Errorf("want 9, %+v, got %d, %+v, %v", c.want, inode, got, err)
			}
		})
	}
}

func TestParseDiagMalformed(t *testing.T) {
	cases := map[string][]byte{
		"empty":                     nil,
		"attribute of length 0":     answer(9, []byte{0, 0, 0, 0}),
		"attribute beyond the end":  answer(9, onlyIPv6[:4]),
		"attribute of 64 kilobytes": answer(9, []byte{0xff, 0xff, 0, 0}),
	}
	for name, in := range cases {
		if _, got, err := parseDiag(in); err == nil {
			t.Errorf("%s: want an error, got %+v", name, got)
		}
	}
}

func TestParseDiagTruncated(t *testing.T) {
	whole := answer(9, onlyIPv6, cgroup)
	for n := range whole {
		if _, got, err := parseDiag(whole[:n]); err == nil && got.cgroup != 0 {
			t.Errorf("of %d bytes: want no cgroup, got %+v", n, got)
		}
	}
}

func FuzzDiag(f *testing.F) {
	f.Add(answer(9, shutdown, onlyIPv6, cgroup))
	f.Add(answer(9, []byte{0xff, 0xff, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, d, err := parseDiag(b)
		if err != nil && d != (detail{}) {
			t.Errorf("an error and %+v", d)
		}
	})
}
