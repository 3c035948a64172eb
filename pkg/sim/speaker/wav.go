package speaker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	riffHeaderBytes  = 12
	chunkHeaderBytes = 8
	fmtBytes         = 16       // of the part that every fmt chunk has
	maxChunkBytes    = 64 << 10 // of a chunk before the data
	maxChunks        = 32       // before the data
	waveLinear       = 1
	waveExtensible   = 0xfffe
	// From this length on a data chunk is a live stream's: its writer did
	// not know better.
	endlessFrom = 0x7fff0000
)

// openWAV reads a RIFF header (Microsoft multimedia programming interface,
// 1991) up to the first sample.
func openWAV(r io.Reader) (source, error) {
	var riff [riffHeaderBytes]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return nil, fmt.Errorf("wav: read header: %w", err)
	}
	if string(riff[8:]) != "WAVE" {
		return nil, fmt.Errorf("wav: RIFF of kind %q", riff[8:])
	}
	var f audio.Format
	for range maxChunks {
		id, size, err := readChunkHeader(r)
		if err != nil {
			return nil, err
		}
		switch id {
		case "data":
			return openData(r, f, size)
		case "fmt ":
			if f, err = readFmt(r, size); err != nil {
				return nil, err
			}
		default:
			if err := skipChunk(r, id, size); err != nil {
				return nil, err
			}
		}
	}
	return nil, fmt.Errorf("wav: no data after %d chunks", maxChunks)
}

func openData(r io.Reader, f audio.Format, size uint32) (source, error) {
	if f == (audio.Format{}) {
		return nil, errors.New("wav: data before fmt")
	}
	length := int64(size)
	if length >= endlessFrom {
		length = endless
	}
	return newPCM(r, f, false, length), nil
}

func readChunkHeader(r io.Reader) (id string, size uint32, err error) {
	var b [chunkHeaderBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return "", 0, fmt.Errorf("wav: read chunk header: %w", err)
	}
	return string(b[:4]), binary.LittleEndian.Uint32(b[4:]), nil
}

func readFmt(r io.Reader, size uint32) (audio.Format, error) {
	if size < fmtBytes {
		return audio.Format{}, fmt.Errorf("wav: fmt of %d bytes", size)
	}
	var b [fmtBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return audio.Format{}, fmt.Errorf("wav: read fmt: %w", err)
	}
	if tag := binary.LittleEndian.Uint16(b[0:]); tag != waveLinear && tag != waveExtensible {
		return audio.Format{}, fmt.Errorf("wav: format tag %#x is not linear PCM", tag)
	}
	f := audio.Format{
		Channels:   int(binary.LittleEndian.Uint16(b[2:])),
		SampleRate: int(binary.LittleEndian.Uint32(b[4:])),
		BitDepth:   int(binary.LittleEndian.Uint16(b[14:])),
	}
	if err := checkFormat(f); err != nil {
		return audio.Format{}, fmt.Errorf("wav: %w", err)
	}
	return f, skipChunk(r, "fmt ", size-fmtBytes)
}

// skipChunk reads over the rest of a chunk and its padding to an even size.
func skipChunk(r io.Reader, id string, size uint32) error {
	if size > maxChunkBytes {
		return fmt.Errorf("wav: chunk %q of %d bytes", id, size)
	}
	if _, err := io.CopyN(io.Discard, r, int64(size+size%2)); err != nil {
		return fmt.Errorf("wav: skip chunk %q: %w", id, err)
	}
	return nil
}
