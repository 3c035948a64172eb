package raop

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
)

// A packetCipher decrypts audio payloads: AES-128-CBC, which starts
// with the same initial vector for every packet; the bytes after the last whole
// block are not encrypted.
type packetCipher struct {
	block cipher.Block
	iv    [aes.BlockSize]byte
}

func newPacketCipher(key, iv []byte) (*packetCipher, error) {
	if len(iv) != aes.BlockSize {
		return nil, fmt.Errorf("raop: AES initial vector has %d bytes, want %d", len(iv), aes.BlockSize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("raop: session key: %w", err)
	}
	c := &packetCipher{block: block}
	copy(c.iv[:], iv)
	return c, nil
}

// decrypt works in place and allocates nothing. It goes from the last block to
// the first, since each needs the encrypted form of the one before.
func (c *packetCipher) decrypt(payload []byte) {
	for end := len(payload) - len(payload)%aes.BlockSize; end > 0; end -= aes.BlockSize {
		block, previous := payload[end-aes.BlockSize:end], c.iv[:]
		if end > aes.BlockSize {
			previous = payload[end-2*aes.BlockSize : end-aes.BlockSize]
		}
		c.block.Decrypt(block, block)
		subtle.XORBytes(block, block, previous)
	}
}
