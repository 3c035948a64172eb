package flac

import "encoding/binary"

// Generator polynomials of RFC 9639 sections 9.1.8 and 9.3, without their top
// bit. Both registers start at zero.
const (
	crc8Poly  = 0x07   // x^8 + x^2 + x + 1
	crc16Poly = 0x8005 // x^16 + x^15 + x^2 + 1
)

var (
	crc8Table = makeCRC8Table()
	// crc16Tables[i][b] is the register after byte b and i bytes of zero.
	crc16Tables = makeCRC16Tables()
)

func makeCRC8Table() (table [256]byte) {
	for b := range table {
		crc := byte(b)
		for range 8 {
			crc = crc<<1 ^ crc>>7*crc8Poly
		}
		table[b] = crc
	}
	return table
}

func makeCRC16Tables() *[8][256]uint16 {
	var tables [8][256]uint16
	for b := range tables[0] {
		crc := uint16(b) << 8
		for i := range tables {
			for range 8 {
				crc = crc<<1 ^ crc>>15*crc16Poly
			}
			tables[i][b] = crc
		}
	}
	return &tables
}

// crc8 is the checksum of a frame header.
func crc8(b []byte) (crc byte) {
	for _, octet := range b {
		crc = crc8Table[crc^octet]
	}
	return crc
}

// appendCRC16 appends the checksum of a frame to dst. It takes eight bytes at a
// time, which the sum of eight tables makes independent of each other.
func appendCRC16(dst, frame []byte) []byte {
	t := crc16Tables
	crc := uint16(0)
	for ; len(frame) >= 8; frame = frame[8:] {
		b := binary.BigEndian.Uint64(frame) ^ uint64(crc)<<48
		crc = t[7][b>>56] ^ t[6][b>>48&0xFF] ^ t[5][b>>40&0xFF] ^ t[4][b>>32&0xFF] ^
			t[3][b>>24&0xFF] ^ t[2][b>>16&0xFF] ^ t[1][b>>8&0xFF] ^ t[0][b&0xFF]
	}
	for _, octet := range frame {
		crc = crc<<8 ^ t[0][byte(crc>>8)^octet]
	}
	return binary.BigEndian.AppendUint16(dst, crc)
}
