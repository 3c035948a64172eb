package raop

import (
	"crypto/sha256"
	"fmt"
)

// An ID is the hardware address by which senders distinguish receivers. It is part
// of the mDNS instance name and of every Apple-Response, and must be the same in
// both.
type ID [6]byte

// The two lowest bits of the first byte of a hardware address (IEEE 802).
const (
	multicastBit           = 0x01
	locallyAdministeredBit = 0x02
)

// IDFromUDN derives the ID from a renderer's unique device name, so that it is
// the same after every restart and differs from the renderer's own address.
func IDFromUDN(udn string) ID {
	sum := sha256.Sum256([]byte(udn))
	var id ID
	copy(id[:], sum[:])
	id[0] = id[0]&^multicastBit | locallyAdministeredBit
	return id
}

// String is twelve upper-case hex digits: "02BBCCDDEEFF".
func (id ID) String() string {
	return fmt.Sprintf("%X", id[:])
}

// Instance is the mDNS instance name of a receiver: "02BBCCDDEEFF@Living Room".
// It may be longer than a label; the responder cuts it.
func Instance(id ID, name string) string {
	return id.String() + "@" + name
}
