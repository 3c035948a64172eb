package rtsp_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

var fuzzLimits = rtsp.Limits{LineBytes: 300, HeaderFields: 20, BodyBytes: 2000}

func addDialogues(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.rtsp")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no dialogues: %v", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
}

// Whatever is read can be written and read again, and stays within Limits.
func FuzzReadRequest(f *testing.F) {
	addDialogues(f)
	f.Add([]byte("TEARDOWN  RTSP/1.0\r\n\r\n"))
	f.Add([]byte("POST / HTTP/1.1\nContent-Length: 99999999999999999999\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for r := reader(in); ; {
			want, err := rtsp.ReadRequest(r, fuzzLimits)
			if err != nil {
				return
			}
			if len(want.Header) > fuzzLimits.HeaderFields || len(want.Body) > fuzzLimits.BodyBytes {
				t.Fatalf("beyond the limits: %+v", want)
			}
			got, err := rtsp.ReadRequest(reader(want.Append(nil)), rtsp.DefaultLimits)
			if err != nil {
				t.Fatalf("%+v: %v", want, err)
			}
			if !reflect.DeepEqual(bare(want), bare(got)) {
				t.Fatalf("want %+v\ngot  %+v", want, got)
			}
		}
	})
}

func FuzzReadResponse(f *testing.F) {
	f.Add([]byte("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nabRTSP/1.0 453\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for r := reader(in); ; {
			want, err := rtsp.ReadResponse(r, fuzzLimits)
			if err != nil {
				return
			}
			got, err := rtsp.ReadResponse(reader(want.Append(nil)), rtsp.DefaultLimits)
			if err != nil {
				t.Fatalf("%+v: %v", want, err)
			}
			if want.Status != got.Status || !bytes.Equal(want.Body, got.Body) ||
				!reflect.DeepEqual(withoutLength(want.Header), withoutLength(got.Header)) {
				t.Fatalf("want %+v\ngot  %+v", want, got)
			}
		}
	})
}

func FuzzParseParameters(f *testing.F) {
	f.Add([]byte("volume: -11.123877\r\n"))
	f.Add([]byte("volume\r\nprogress"))
	f.Fuzz(func(t *testing.T, in []byte) {
		want := rtsp.ParseParameters(in)
		if len(want) > 32 {
			t.Fatalf("%d parameters", len(want))
		}
		var body []byte
		for name, value := range want {
			body = rtsp.AppendParameter(body, name, value)
		}
		if got := rtsp.ParseParameters(body); !reflect.DeepEqual(want, got) {
			t.Fatalf("want %q\ngot  %q", want, got)
		}
	})
}
