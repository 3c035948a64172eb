package sender

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// Mute is the volume that silences a receiver, in its dB.
const Mute = -144.0

// SetVolume sets the receiver's volume: -30 to 0, or Mute.
func (s *Sender) SetVolume(ctx context.Context, volumeDB float64) error {
	value := strconv.FormatFloat(volumeDB, 'f', 6, 64)
	return s.setParameter(ctx, rtsp.ParametersType, rtsp.AppendParameter(nil, "volume", value))
}

// Volume asks the receiver for its volume.
func (s *Sender) Volume(ctx context.Context) (volumeDB float64, err error) {
	err = s.withSession(ctx, func(ctx context.Context) error {
		resp, err := s.session.client.do(ctx, &rtsp.Request{
			Method: "GET_PARAMETER", URI: s.session.uri, Body: []byte("volume\r\n"),
			Header: rtsp.Header{{Name: "Content-Type", Value: rtsp.ParametersType}},
		})
		if err != nil {
			return err
		}
		text := rtsp.ParseParameters(resp.Body)["volume"]
		if volumeDB, err = strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("GET_PARAMETER: volume %q in the answer", text)
		}
		return nil
	})
	return volumeDB, err
}

// Metadata is what a receiver may show of the track.
type Metadata struct{ Title, Artist, Album string }

// SetMetadata tells the track as DMAP: a list of tagged strings.
func (s *Sender) SetMetadata(ctx context.Context, m Metadata) error {
	list := appendTag(nil, "minm", []byte(m.Title))
	list = appendTag(list, "asar", []byte(m.Artist))
	list = appendTag(list, "asal", []byte(m.Album))
	return s.setParameter(ctx, "application/x-dmap-tagged", appendTag(nil, "mlit", list))
}

// appendTag appends a DMAP item: four letters, the length, the value.
func appendTag(dst []byte, code string, value []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, code...), uint32(len(value)))
	return append(dst, value...)
}

// SetArtwork sends the cover, for example as "image/jpeg".
func (s *Sender) SetArtwork(ctx context.Context, contentType string, image []byte) error {
	return s.setParameter(ctx, contentType, image)
}

// SetProgress tells where in the track the sound is, in timestamps of frames.
func (s *Sender) SetProgress(ctx context.Context, start, current, end uint32) error {
	value := fmt.Sprintf("%d/%d/%d", start, current, end)
	return s.setParameter(ctx, rtsp.ParametersType, rtsp.AppendParameter(nil, "progress", value))
}

func (s *Sender) setParameter(ctx context.Context, contentType string, body []byte) error {
	return s.withSession(ctx, func(ctx context.Context) error {
		_, err := s.session.client.do(ctx, &rtsp.Request{
			Method: "SET_PARAMETER", URI: s.session.uri, Body: body,
			Header: rtsp.Header{
				{Name: "Content-Type", Value: contentType},
				{Name: "RTP-Info", Value: s.session.stream.rtpTime()},
			},
		})
		return err
	})
}
