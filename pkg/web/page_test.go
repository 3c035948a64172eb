package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

func snapshotOf(s fleet.Snapshot) func() fleet.Snapshot { return func() fleet.Snapshot { return s } }

// inline finds the text of the document's style and script.
var inline = regexp.MustCompile(`(?s)<(style|script)>(.*?)</(style|script)>`)

func TestPage(t *testing.T) {
	status, body, header := ask(t, web.New((&household{}).options()), "GET", "/", "")
	if status != http.StatusOK || header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("want a page, got %d %v", status, header)
	}
	policy := header.Get("Content-Security-Policy")
	parts := inline.FindAllStringSubmatch(body, -1)
	if len(parts) != 2 {
		t.Fatalf("want one style and one script, got %d parts", len(parts))
	}
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p[2]))
		if want := p[1] + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("want %s in %s", want, policy)
		}
	}
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'self'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("want %s in %s", want, policy)
		}
	}
}

// What the policy would stop must not be in the page, and nothing of what is shown
// may be taken for markup.
func TestPageNeedsNothingElse(t *testing.T) {
	_, body, _ := ask(t, web.New((&household{}).options()), "GET", "/", "")
	for _, word := range []string{"http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", " onclick=", "{{"} {
		if strings.Contains(body, word) {
			t.Errorf("want no %q in the page", word)
		}
	}
	for _, word := range []string{`<html lang="en">`, "name=\"viewport\"", "prefers-color-scheme: dark", "aria-live"} {
		if !strings.Contains(body, word) {
			t.Errorf("want %q in the page", word)
		}
	}
}

// Every id that the script asks for is one of the document.
func TestPageHasItsParts(t *testing.T) {
	_, body, _ := ask(t, web.New((&household{}).options()), "GET", "/", "")
	ids := regexp.MustCompile(`byId\("([a-z-]+)"\)`).FindAllStringSubmatch(body, -1)
	if len(ids) == 0 {
		t.Fatal("want ids, found none")
	}
	for _, id := range ids {
		if !strings.Contains(body, `id="`+id[1]+`"`) {
			t.Errorf("want an element of id %q", id[1])
		}
	}
}

// Behind a proxy the page stands under a path of its own: nothing in it begins at the
// root.
func TestPageURLsAreRelative(t *testing.T) {
	_, body, _ := ask(t, web.New((&household{speaker: kitchen()}).options()), "GET", "/", "")
	for _, root := range []string{`"/api`, `'/api`, "`/api", `src="/`, `href="/`} {
		if strings.Contains(body, root) {
			t.Errorf("want no URL from the root, got %s", root)
		}
	}
	if !strings.Contains(body, `"api/status"`) {
		t.Error("want the API asked under the page's own path")
	}
}
