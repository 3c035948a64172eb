package sender

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // RAOP's key wrapping knows no other
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/alacenc"
)

// formatLines are the SDP lines of the codec.
func formatLines(o Options) string {
	alacLine := fmt.Sprintf("a=fmtp:96 %d 0 %d %d %d %d %d %d 0 0 %d\r\n",
		o.FrameLength, alacenc.BitDepth, alacenc.PB, alacenc.MB, alacenc.KB, alacenc.Channels, alacenc.MaxRun,
		audio.CD.SampleRate)
	if o.Codec != L16 {
		return "a=rtpmap:96 AppleLossless\r\n" + alacLine
	}
	lines := fmt.Sprintf("a=rtpmap:96 L16/%d/%d\r\n", audio.CD.SampleRate, audio.CD.Channels)
	if o.ALACLine {
		lines += alacLine
	}
	return lines
}

// An encoder makes the payload of one packet.
type encoder func(dst []byte, pcm []int32) []byte

func newEncoder(c Codec, frameLength int) (encoder, error) {
	switch c {
	case ALAC:
		e, err := alacenc.New(frameLength)
		if err != nil {
			return nil, err
		}
		return e.Append, nil
	case ALACUncompressed:
		return alacenc.AppendUncompressed, nil
	case L16:
		return appendL16, nil
	default:
		return nil, fmt.Errorf("unknown codec %d", c)
	}
}

func appendL16(dst []byte, pcm []int32) []byte {
	for _, s := range pcm {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s))
	}
	return dst
}

// payloadCipher encrypts payloads: AES-128-CBC with the same IV for every packet; the
// bytes after the last whole block stay as they are.
type payloadCipher struct {
	key, iv [aes.BlockSize]byte
	block   cipher.Block
}

func newPayloadCipher() (*payloadCipher, error) {
	var s payloadCipher
	// crypto/rand never fails.
	_, _ = rand.Read(s.key[:])
	_, _ = rand.Read(s.iv[:])
	var err error
	if s.block, err = aes.NewCipher(s.key[:]); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *payloadCipher) encrypt(payload []byte) {
	whole := len(payload) / aes.BlockSize * aes.BlockSize
	cipher.NewCBCEncrypter(s.block, s.iv[:]).CryptBlocks(payload[:whole], payload[:whole])
}

// lines are the SDP lines that tell the key to the owner of the private one.
func (s *payloadCipher) lines(receiver *rsa.PublicKey, encoding *base64.Encoding) (string, error) {
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, receiver, s.key[:], nil)
	if err != nil {
		return "", fmt.Errorf("wrap AES key: %w", err)
	}
	encode := encoding.EncodeToString
	return fmt.Sprintf("a=rsaaeskey:%s\r\na=aesiv:%s\r\n", encode(wrapped), encode(s.iv[:])), nil
}
