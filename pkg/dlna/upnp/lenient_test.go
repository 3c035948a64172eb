package upnp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
)

func TestRepair(t *testing.T) {
	tests := []struct{ name, document, want string }{
		{"sound", "<a>x &amp; y &#233; &#xE9;</a>", "<a>x &amp; y &#233; &#xE9;</a>"},
		{"byte order mark", "\xef\xbb\xbf<a/>", "<a/>"},
		{"newline before the declaration", "\n<?xml version=\"1.0\"?><a/>", "<a/>"},
		{"NULs at the end", "<a/>\x00\x00\n", "<a/>"},
		{"NUL inside", "<a>b\x00c</a>", "<a>bc</a>"},
		{"control character", "<a>b\x0bc\x1fd\te\n</a>", "<a>bcd\te\n</a>"},
		{"reference to a control character", "<a>b&#0;c&#x1F;</a>", "<a>bc</a>"},
		{"ISO-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xfc\xdf</a>", "<a>üß</a>"},
		{"ISO-8859-1 in apostrophes", "<?xml version='1.0' encoding = 'iso-8859-1' ?><a>\xfc</a>", "<a>ü</a>"},
		{"ISO-8859-1 that is Windows-1252", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\x93x\x94</a>", "<a>“x”</a>"},
		{"UTF-8 with a stray byte", "<a>ü\xfc</a>", "<a>üü</a>"},
		{"UTF-8 declared", "<?xml version=\"1.0\" encoding=\"utf-8\"?><a>ü</a>", "<a>ü</a>"},
		{"unknown encoding", "<?xml version=\"1.0\" encoding=\"x-klingon\"?><a>ü</a>", "<a>ü</a>"},
		{"empty encoding", "<?xml version=\"1.0\" encoding=?><a/>", "<a/>"},
		{"declaration without end", "<?xml version=\"1.0\"", "<?xml version=\"1.0\""},
		{"bare ampersand", "<a>http://h/?b=1&c=2</a>", "<a>http://h/?b=1&amp;c=2</a>"},
		{"bare ampersand in an attribute", `<a v="b&c"/>`, `<a v="b&amp;c"/>`},
		{"ampersand at the end", "<a>&", "<a>&amp;"},
		{"HTML entity", "<a>&nbsp;&lt;</a>", "<a>&amp;nbsp;&lt;</a>"},
		{"unfinished reference", "<a>&amp &#12</a>", "<a>&amp;amp &amp;#12</a>"},
		{"CDATA", "<a><![CDATA[b&c&amp;d]]>&</a>", "<a><![CDATA[b&c&amp;d]]>&amp;</a>"},
		{"CDATA without end", "<a><![CDATA[b&c", "<a><![CDATA[b&c"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(repair([]byte(tt.document))); tt.want != got {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestCanonicalEnvelope(t *testing.T) {
	const want = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` +
		`<GetVolumeResponse><CurrentVolume>20</CurrentVolume></GetVolumeResponse></Body></Envelope>`
	tests := []struct{ name, document string }{
		{"as the standard says", `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="x"><s:Body>` +
			`<u:GetVolumeResponse xmlns:u="urn:x"><CurrentVolume>20</CurrentVolume></u:GetVolumeResponse></s:Body></s:Envelope>`},
		{"no namespace", `<Envelope><Body><GetVolumeResponse><CurrentVolume>20</CurrentVolume></GetVolumeResponse></Body></Envelope>`},
		{"prefix never declared", `<s:Envelope><s:Body><u:GetVolumeResponse><CurrentVolume>20</CurrentVolume></u:GetVolumeResponse></s:Body></s:Envelope>`},
		{"SOAP 1.2 namespace", `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><m:GetVolumeResponse><CurrentVolume dt="ui2">20</CurrentVolume></m:GetVolumeResponse></e:Body></e:Envelope>`},
		{"trailing NULs", "<Envelope><Body><GetVolumeResponse><CurrentVolume>20</CurrentVolume></GetVolumeResponse></Body></Envelope>\x00\x00"},
		{"comment", `<Envelope><!-- x --><Body><GetVolumeResponse><CurrentVolume>20</CurrentVolume></GetVolumeResponse></Body></Envelope>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := canonicalEnvelope([]byte(tt.document))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Errorf("want %s\n got %s", want, got)
			}
			again, err := canonicalEnvelope(got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("want it unchanged the second time, got %s, %v", again, err)
			}
		})
	}
}

func TestCanonicalEnvelopeMalformed(t *testing.T) {
	whole := `<Envelope><Body><a>b</a></Body></Envelope>`
	for n := range whole {
		if _, err := canonicalEnvelope([]byte(whole[:n])); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: want ErrMalformed, got %v", whole[:n], err)
		}
	}
	for _, document := range []string{"<html><body/></html>", "text", "<Envelope>" + strings.Repeat("<a>", maxDepth)} {
		if _, err := canonicalEnvelope([]byte(document)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.40q: want ErrMalformed, got %v", document, err)
		}
	}
}

// What repair returns has only XML characters, and its own output needs none.
func FuzzRepair(f *testing.F) {
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><a b='&c'>\xfc&#0;<![CDATA[&]]>&amp;</a>\x00"))
	f.Add([]byte("&&#x;&#xFFFFFFFF;&amp;amp;<![CDATA[]]"))
	f.Fuzz(func(t *testing.T, document []byte) {
		once := repair(document)
		for _, r := range string(once) {
			if !xmlCharacter(r) {
				t.Fatalf("forbidden character %U in %q", r, once)
			}
		}
		if len(once) > 8*len(document)+8 {
			t.Fatalf("%d bytes grew to %d", len(document), len(once))
		}
	})
}

// The envelope handed to goupnp is well-formed by the strict rules.
func FuzzSOAPRescue(f *testing.F) {
	f.Add([]byte(`<s:Envelope xmlns:s="x"><s:Body><u:R><A>http://h/?a&b</A></u:R></s:Body></s:Envelope>`))
	f.Add([]byte("<Envelope><Body><a:b:c d=e>\xfc&#0;</Body></Envelope>"))
	f.Fuzz(func(t *testing.T, document []byte) {
		envelope, err := canonicalEnvelope(document)
		if err != nil {
			return
		}
		var v struct {
			Inner string `xml:",innerxml"`
		}
		if err := xml.Unmarshal(envelope, &v); err != nil {
			t.Fatalf("%v: %s", err, envelope)
		}
	})
}
