package alac_test

import (
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

func newDecoder(t testing.TB, c alac.Config) *alac.Decoder {
	t.Helper()
	d, err := alac.NewDecoder(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestVectorsBitExact(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			d := newDecoder(t, v.config)
			dst := make([]int32, v.config.FrameLength*v.config.Channels)
			rest := v.pcm(t)
			for i, p := range v.packets(t) {
				frames, err := d.Decode(dst, p)
				if err != nil {
					t.Fatalf("packet %d: %v", i, err)
				}
				n := frames * v.config.Channels
				if want := rest[:n]; !slices.Equal(want, dst[:n]) {
					t.Fatalf("packet %d: samples differ", i)
				}
				rest = rest[n:]
			}
			if len(rest) != 0 {
				t.Errorf("%d samples are missing at the end", len(rest))
			}
		})
	}
}
