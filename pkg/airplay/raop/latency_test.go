package raop

import "testing"

func TestLatencyIsBounded(t *testing.T) {
	for _, test := range []struct {
		name           string
		sync           int64
		announced, top int
		want           int64
	}{
		{"iTunes", 77175, 11025, 88200, 77175},
		{"iTunes for Windows", 88553, 11025, 88200, 88200},
		{"PulseAudio", 88200, 0, 0, 88200},
		{"cliraop", 44100, 11025, 88200, 44100},
		{"PipeWire 0.3.65", 0, 0, 0, defaultLatencyFrames},
		{"PipeWire with auth-setup", 0, 22050, 0, 22050},
		{"below the minimum", 12000, 22050, 88200, 22050},
		{"at the floor", leastLatencyFrames, 0, 0, leastLatencyFrames},
		{"below the floor", leastLatencyFrames - 1, 0, 0, defaultLatencyFrames},
		{"TuneBlade", 220500, 0, 0, 220500},
		{"an hour", 3600 * 44100, 0, 0, mostLatencyFrames},
		{"before the wire", -88200, 0, 0, defaultLatencyFrames},
		{"maximum below the minimum", 77175, 44100, 22050, 77175},
		{"maximum below the floor", 77175, 0, 100, 77175},
		{"minimum of a minute", 0, 60 * 44100, 0, mostLatencyFrames},
	} {
		got := boundLatency(test.sync, StreamParams{MinLatency: test.announced, MaxLatency: test.top})
		if got != test.want {
			t.Errorf("%s: want %d, got %d", test.name, test.want, got)
		}
	}
}
