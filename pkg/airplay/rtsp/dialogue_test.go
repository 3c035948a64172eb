package rtsp_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// A line is what a test expects of one request of a recorded dialogue.
type line struct {
	method, uri, cseq string
	bodyBytes         int
}

// dialogues are the files of testdata with the requests in them.
var dialogues = map[string][]line{
	"pulseaudio": {
		{"OPTIONS", "*", "1", 0},
		{"ANNOUNCE", "rtsp://127.0.0.1/922118110", "1", 175},
		{"SETUP", "rtsp://127.0.0.1/922118110", "2", 0},
		{"RECORD", "rtsp://127.0.0.1/922118110", "3", 0},
		{"SET_PARAMETER", "rtsp://127.0.0.1/922118110", "4", 18},
		{"FLUSH", "rtsp://127.0.0.1/922118110", "5", 0},
		{"SET_PARAMETER", "rtsp://127.0.0.1/922118110", "6", 20},
	},
	"pipewire-auth-setup": {
		{"OPTIONS", "rtsp://127.0.0.1/652791896", "1", 0},
		{"POST", "/auth-setup", "2", 33},
		{"ANNOUNCE", "rtsp://127.0.0.1/652791896", "3", 194},
		{"SETUP", "rtsp://127.0.0.1/652791896", "4", 0},
		{"RECORD", "rtsp://127.0.0.1/652791896", "5", 0},
		{"SET_PARAMETER", "rtsp://127.0.0.1/652791896", "6", 17},
		{"FLUSH", "rtsp://127.0.0.1/652791896", "7", 0},
		{"TEARDOWN", "rtsp://127.0.0.1/652791896", "8", 0},
	},
	"cliraop-auth-setup": {
		{"POST", "/auth-setup", "1", 33},
		{"ANNOUNCE", "rtsp://127.0.0.1/1132885903", "2", 176},
		{"FLUSH", "rtsp://127.0.0.1/1132885903", "3", 0},
	},
	"airtunes2-metadata": {
		{"OPTIONS", "*", "1", 0},
		{"ANNOUNCE", "rtsp://127.0.0.1/95801178", "2", 562},
		{"SETUP", "rtsp://127.0.0.1/95801178", "3", 0},
		{"RECORD", "rtsp://127.0.0.1/95801178", "4", 0},
		{"SET_PARAMETER", "rtsp://127.0.0.1/95801178", "5", 13},
		{"SET_PARAMETER", "rtsp://127.0.0.1/95801178", "6", 47},
		{"TEARDOWN", "", "7", 0},
	},
}

func TestDialogues(t *testing.T) {
	for name, want := range dialogues {
		t.Run(name, func(t *testing.T) {
			var got []line
			for _, r := range readDialogue(t, filepath.Join("testdata", name+".rtsp")) {
				got = append(got, line{r.Method, r.URI, r.Header.Get("cseq"), len(r.Body)})
			}
			if !reflect.DeepEqual(want, got) {
				t.Errorf("want %v\ngot  %v", want, got)
			}
		})
	}
}

// Every recorded request survives a round trip through Append.
func TestDialoguesRoundTrip(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.rtsp")
	if err != nil || len(paths) < len(dialogues) {
		t.Fatalf("dialogues %v, %v", paths, err)
	}
	for _, path := range paths {
		for _, want := range readDialogue(t, path) {
			got, err := rtsp.ReadRequest(reader(want.Append(nil)), rtsp.DefaultLimits)
			if err != nil {
				t.Fatalf("%s %s: %v", path, want.Method, err)
			}
			if !reflect.DeepEqual(bare(want), bare(got)) {
				t.Errorf("%s: want %+v\ngot  %+v", path, want, got)
			}
		}
	}
}

func TestDialogueDetails(t *testing.T) {
	setup := readDialogue(t, "testdata/pulseaudio.rtsp")[2]
	want := "RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;control_port=6001;timing_port=6002"
	if got := setup.Header.Get("TRANSPORT"); got != want {
		t.Errorf("Transport: want %q, got %q", want, got)
	}
	metadata := readDialogue(t, "testdata/airtunes2-metadata.rtsp")[5]
	if want, got := "mlit\x00\x00\x00'minm\x00\x00\x00\x04T\xebst", string(metadata.Body[:20]); want != got {
		t.Errorf("body: want %q, got %q", want, got)
	}
}

// readDialogue reads all requests of a file, which must end after the last.
func readDialogue(t testing.TB, path string) []*rtsp.Request {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var requests []*rtsp.Request
	for r := reader(content); ; {
		request, err := rtsp.ReadRequest(r, rtsp.DefaultLimits)
		if err == io.EOF {
			return requests
		}
		if err != nil {
			t.Fatalf("%s, request %d: %v", path, len(requests)+1, err)
		}
		requests = append(requests, request)
	}
}

// bare is r with its Content-Length dropped: Append moves it to the end.
func bare(r *rtsp.Request) rtsp.Request {
	without := *r
	without.Header = withoutLength(r.Header)
	return without
}

func withoutLength(h rtsp.Header) rtsp.Header {
	var rest rtsp.Header
	for _, f := range h {
		if !bytes.EqualFold([]byte(f.Name), []byte("content-length")) {
			rest = append(rest, f)
		}
	}
	return rest
}

func reader(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }
