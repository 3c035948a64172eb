package speaker

import (
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// flacSource decodes a live FLAC stream frame by frame.
type flacSource struct {
	stream *flac.Stream
	f      audio.Format
	block  []int32 // decoded, not yet read
}

func openFLAC(r io.Reader) (source, error) {
	stream, err := flac.New(r)
	if err != nil {
		return nil, fmt.Errorf("flac: read header: %w", err)
	}
	f := audio.Format{
		SampleRate: int(stream.Info.SampleRate),
		Channels:   int(stream.Info.NChannels),
		BitDepth:   int(stream.Info.BitsPerSample),
	}
	if err := checkFormat(f); err != nil {
		return nil, fmt.Errorf("flac: %w", err)
	}
	return &flacSource{stream: stream, f: f}, nil
}

func (s *flacSource) format() audio.Format { return s.f }

func (s *flacSource) read(dst []int32) (int, error) {
	for len(s.block) == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(dst, s.block)
	s.block = s.block[n:]
	return n / s.f.Channels, nil
}

// next decodes one frame. The decoder checks a frame's sum only after it has
// used what the frame says, and may fall over a damaged one.
func (s *flacSource) next() (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("flac: damaged frame: %v", fault)
		}
	}()
	frame, err := s.stream.ParseNext()
	if errors.Is(err, io.EOF) {
		return err
	}
	if err != nil {
		return fmt.Errorf("flac: %w", err)
	}
	if len(frame.Subframes) != s.f.Channels {
		return fmt.Errorf("flac: %d channels in a stream of %d", len(frame.Subframes), s.f.Channels)
	}
	s.block = s.block[:0]
	for i := range frame.Subframes[0].Samples {
		for _, channel := range frame.Subframes {
			s.block = append(s.block, channel.Samples[i])
		}
	}
	return nil
}
