package alac_test

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

// yardstickSound is about how much is decoded in one round of a comparison.
const yardstickSound = 150 * time.Second

// ratioToFFmpeg is how much faster than ffmpeg's decoder ours is, both on one
// core: the processor time of an ffmpeg that decodes less that of one that only
// copies, so that starting and demuxing do not count, by the time we take. The
// rounds alternate and the best of each counts, since other work on the machine
// only ever slows a round down. It reports false without ffmpeg.
func ratioToFFmpeg(b *testing.B, v vector) (ratio float64, ok bool) {
	b.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return 0, false
	}
	packets := slices.Repeat(v.packets(b), int(yardstickSound/v.sound(b)))
	file := filepath.Join(b.TempDir(), "packets.caf")
	if err := os.WriteFile(file, appendCAF(nil, v.config, packets), 0o600); err != nil {
		b.Fatal(err)
	}
	const never = time.Duration(math.MaxInt64)
	decode, demux, ours := never, never, never
	for range 6 {
		decode = min(decode, userTime(b, ffmpeg, "-threads", "1", "-i", file, "-c:a", "pcm_s16le_planar", "-f", "null", "-"))
		demux = min(demux, userTime(b, ffmpeg, "-threads", "1", "-i", file, "-c:a", "copy", "-f", "null", "-"))
		start := time.Now()
		decodeAll(b, v, packets)
		ours = min(ours, time.Since(start))
	}
	return float64(decode-demux) / float64(ours), true
}

func decodeAll(b *testing.B, v vector, packets [][]byte) {
	d := newDecoder(b, v.config)
	dst := make([]int32, v.config.FrameLength*v.config.Channels)
	for _, p := range packets {
		if _, err := d.Decode(dst, p); err != nil {
			b.Fatal(err)
		}
	}
}

var utime = regexp.MustCompile(`bench: utime=([0-9.]+)s stime=([0-9.]+)s`)

// userTime runs ffmpeg and gives the processor time that it says it took.
func userTime(b *testing.B, ffmpeg string, args ...string) time.Duration {
	b.Helper()
	out, err := exec.Command(ffmpeg, append([]string{"-nostdin", "-hide_banner", "-benchmark"}, args...)...).CombinedOutput()
	found := utime.FindSubmatch(out)
	if err != nil || found == nil {
		b.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	user, errUser := strconv.ParseFloat(string(found[1]), 64)
	system, errSystem := strconv.ParseFloat(string(found[2]), 64)
	if errUser != nil || errSystem != nil {
		b.Fatalf("ffmpeg: times %q", found[0])
	}
	return time.Duration((user + system) * float64(time.Second))
}

// appendCAF wraps packets in a Core Audio Format file: the container that
// allows packets of 352 frames.
func appendCAF(dst []byte, c alac.Config, packets [][]byte) []byte {
	desc := binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(c.SampleRate)))
	desc = append(desc, "alac"...)
	sourceDepth := uint32(1 + (c.BitDepth-16)/4) // kAppleLosslessFormatFlag: 1 is 16 bit, 3 is 24 bit
	for _, field := range []uint32{sourceDepth, 0, uint32(c.FrameLength), uint32(c.Channels), 0} {
		desc = binary.BigEndian.AppendUint32(desc, field)
	}
	frames := uint64(c.FrameLength) * uint64(len(packets))
	table := binary.BigEndian.AppendUint64(nil, uint64(len(packets)))
	table = binary.BigEndian.AppendUint64(table, frames)
	table = binary.BigEndian.AppendUint64(table, 0) // no priming frames, no remainder
	data := make([]byte, 4)                         // edit count
	for _, p := range packets {
		table = append(table, 0x80|byte(len(p)>>14), 0x80|byte(len(p)>>7), byte(len(p)&0x7f))
		data = append(data, p...)
	}
	dst = append(dst, "caff\x00\x01\x00\x00"...)
	dst = appendChunk(dst, "desc", desc)
	dst = appendChunk(dst, "kuki", cookie(c))
	dst = appendChunk(dst, "pakt", table)
	return appendChunk(dst, "data", data)
}

func appendChunk(dst []byte, kind string, body []byte) []byte {
	dst = append(dst, kind...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(len(body)))
	return append(dst, body...)
}

// cookie is ALACSpecificConfig, 24 bytes.
func cookie(c alac.Config) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(c.FrameLength))
	b = append(b, 0, byte(c.BitDepth), byte(c.PB), byte(c.MB), byte(c.KB), byte(c.Channels))
	b = binary.BigEndian.AppendUint16(b, uint16(c.MaxRun))
	b = append(b, make([]byte, 8)...) // largest packet and mean bit rate: unknown
	return binary.BigEndian.AppendUint32(b, uint32(c.SampleRate))
}
