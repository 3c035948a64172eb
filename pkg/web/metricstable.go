package web

import (
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// metrics is the table of all metrics, in the order of the answer. Counters of a session
// restart with each session.
var metrics = []metric{
	{name: "breezeway_build_info", kind: gauge, help: "Always 1; the version that runs",
		labels: []string{"version"}, collect: func(o *observation, add adder) { add(1, o.version) }},
	{name: "breezeway_uptime_seconds", kind: gauge, help: "Time since the program started",
		single: func(o *observation) float64 { return o.now.Sub(o.Started).Seconds() }},
	{name: "breezeway_ready", kind: gauge, help: "1 while senders can play, as /readyz says",
		single: func(o *observation) float64 { return flag(len(monitor.Missing(o.Snapshot)) == 0) }},
	{name: "breezeway_conditions", kind: gauge, help: "Conditions of a code that hold now",
		labels: []string{"code", "severity"}, collect: countConditions},
	{name: "breezeway_condition_age_seconds", kind: gauge, help: "For how long each condition has lasted",
		labels: []string{"code", "subject"}, collect: conditionAges},

	// Speakers
	{name: "breezeway_speakers", kind: gauge, help: "Speakers that are offered to senders",
		single: func(o *observation) float64 { return float64(len(o.Speakers)) }},
	{name: "breezeway_speaker_state", kind: gauge, help: "1 for the state that the speaker is in",
		labels: []string{"speaker", "id", "state"}, collect: speakerStates},
	{name: "breezeway_speaker_playing", kind: gauge, help: "1 while a sender's sound goes to the speaker",
		ofSpeaker: func(s *bridge.Speaker) float64 { return flag(s.Playing()) }},
	{name: "breezeway_session_active", kind: gauge, help: "1 while a sender is connected",
		ofSpeaker: func(s *bridge.Speaker) float64 { return flag(!s.Began.IsZero()) }},
	{name: "breezeway_volume_ratio", kind: gauge, help: "Volume from 0 to 1, on the sender's scale",
		ofSpeaker: func(s *bridge.Speaker) float64 { return s.Level }},
	{name: "breezeway_muted", kind: gauge, help: "1 while the speaker is muted",
		ofSpeaker: func(s *bridge.Speaker) float64 { return flag(s.Muted) }},
	{name: "breezeway_group_spread_seconds", kind: gauge, help: "Time between the first and the last member's sound, by their positions",
		labels: speakerLabels, collect: groupSpreads},

	// Connections and sessions since the speaker was first offered
	{name: "breezeway_sessions_total", kind: counter, help: "Sessions of senders",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.Sessions) }},
	{name: "breezeway_sessions_refused_total", kind: counter, help: "Sessions refused because another sender was playing",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.RefusedBusy) }},
	{name: "breezeway_logins_failed_total", kind: counter, help: "Requests with a wrong password",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.FailedLogins) }},
	{name: "breezeway_rtsp_connections", kind: gauge, help: "Connections of senders now",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Open) }},
	{name: "breezeway_rtsp_connections_refused_total", kind: counter, help: "Connections refused because there were too many",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Refused) }},
	{name: "breezeway_rtsp_connections_displaced_total", kind: counter, help: "Connections ended to make room for others",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Displaced) }},
	{name: "breezeway_rtsp_requests_malformed_total", kind: counter, help: "Requests of senders that could not be read",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Malformed) }},

	{name: "breezeway_packets_dropped_total", kind: counter, help: "Packets dropped: not from the sender (foreign), or cut off or of an unknown kind (malformed)",
		labels: []string{"speaker", "id", "reason"}, collect: droppedPackets},
	{name: "breezeway_packets_resend_refused_total", kind: counter, help: "Resend requests that the sender answered with: too late",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Receiver.Packets.Unavailable) }},

	// Packets of the session, or of the last one
	{name: "breezeway_packets_received_total", kind: counter, help: "Packets received from the sender",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Jitter.Received) }},
	{name: "breezeway_packets_requested_total", kind: counter, help: "Packets that the sender was asked to send again, each request counted",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Jitter.ResendsRequested) }},
	{name: "breezeway_packets_recovered_total", kind: counter, help: "Packets received after such a request",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Jitter.Recovered) }},
	{name: "breezeway_packets_duplicate_total", kind: counter, help: "Packets received more than once",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Jitter.Duplicate) }},
	{name: "breezeway_packets_late_total", kind: counter, help: "Packets received too late to be played",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Jitter.Late) }},
	{name: "breezeway_packets_lost_total", kind: counter, help: "Packets that were never received",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Jitter.Lost) }},
	{name: "breezeway_packets_undecoded_total", kind: counter, help: "Packets that could not be decoded",
		ofSpeaker: func(s *bridge.Speaker) float64 { return float64(s.Undecodable) }},
	{name: "breezeway_packet_wait_seconds", kind: gauge, help: "How long after its time a missing packet is waited for, at present",
		ofSpeaker: func(s *bridge.Speaker) float64 { return s.Jitter.RetransmitWait.Seconds() }},
	{name: "breezeway_sender_ignores_resends", kind: gauge, help: "1 while the sender answers no requests for lost packets",
		ofSpeaker: func(s *bridge.Speaker) float64 { return flag(s.Jitter.IgnoresResends) }},
	{name: "breezeway_sound_concealed_seconds_total", kind: counter, help: "Sound filled in for lost packets",
		ofSpeaker: func(s *bridge.Speaker) float64 { return seconds(s.Jitter.ConcealedFrames) }},
	{name: "breezeway_sound_starved_seconds_total", kind: counter, help: "Silence played because nothing was received from the sender",
		ofSpeaker: func(s *bridge.Speaker) float64 { return seconds(s.Jitter.StarvedFrames) }},

	// Renderers
	{name: "breezeway_renderer_up", kind: gauge, help: "0 while the renderer does not answer",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return flag(r.Address != ""), true }},
	{name: "breezeway_renderer_info", kind: gauge, help: "Always 1; the renderer's name, and the stream that it gets in this session or the last",
		labels: []string{"speaker", "id", "udn", "name", "model", "codec", "length", "class"}, collect: rendererInfos},
	{name: "breezeway_renderer_state_info", kind: gauge, help: "Always 1; the state of the renderer, and the reason, as the log has it",
		labels: []string{"speaker", "id", "udn", "state", "reason"}, collect: rendererStates},
	{name: "breezeway_renderer_verified", kind: gauge, help: "1 when the renderer plays its stream, 0 while that is not known",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return flag(r.Verified), !r.Stream.Opened.IsZero() }},
	{name: "breezeway_stream_written_bytes_total", kind: counter, help: "Sound written to the stream",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return float64(r.Stream.BytesWritten), true }},
	{name: "breezeway_stream_read_bytes_total", kind: counter, help: "Sound that the renderer fetched",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return float64(r.Stream.BytesRead), true }},
	{name: "breezeway_stream_waiting_bytes", kind: gauge, help: "Sound written and not yet fetched",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return float64(r.Stream.Behind), true }},
	{name: "breezeway_stream_requests_total", kind: counter, help: "Requests of the renderer for the stream",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return float64(r.Stream.Requests), true }},
	{name: "breezeway_stream_readers", kind: gauge, help: "Requests for the stream that are being answered",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return float64(r.Stream.Readers), true }},
	{name: "breezeway_stream_overruns_total", kind: counter, help: "Times that the renderer fetched too slowly and missed sound",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return float64(r.Stream.Overruns), true }},
	{name: "breezeway_start_delay_seconds", kind: gauge, help: "Time from the first audible packet to its sound at the renderer, if that did not buffer",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return r.StartDelay.Seconds(), r.StartDelay > 0 }},
	{name: "breezeway_sounding_after_seconds", kind: gauge, help: "Time from Play to the first sound, by the renderer's position",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return r.SoundingAfter.Seconds(), r.SoundingAfter > 0 }},
	{name: "breezeway_delay_seconds", kind: gauge, help: "Sound that the renderer holds",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return r.Clock.Delay.Seconds(), r.Clock.Delay > 0 }},
	{name: "breezeway_delay_target_seconds", kind: gauge, help: "Sound that the renderer is meant to hold",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return r.Clock.Target.Seconds(), r.Clock.Learned }},
	{name: "breezeway_drift_ppm", kind: gauge, help: "Correction of the speed of the sound for the renderer's clock, in parts per million",
		ofRenderer: func(r *player.Snapshot) (float64, bool) { return r.Clock.PPM, r.Clock.Followed }},

	// Finding and controlling renderers
	{name: "breezeway_ssdp_searches_total", kind: counter, help: "Rounds of searches for renderers",
		single: func(o *observation) float64 { return float64(o.Search.Rounds) }},
	{name: "breezeway_ssdp_send_failures_total", kind: counter, help: "Searches that could not be sent",
		single: func(o *observation) float64 { return float64(o.Search.SendErrors) }},
	{name: "breezeway_ssdp_answers_total", kind: counter, help: "Answers of renderers to searches",
		single: func(o *observation) float64 { return float64(o.Search.Answers) }},
	{name: "breezeway_ssdp_answers_dropped_total", kind: counter, help: "Answers dropped: unreadable, from another network, or too many",
		labels: []string{"reason"}, collect: func(o *observation, add adder) {
			add(float64(o.Search.Malformed), "malformed")
			add(float64(o.Search.OffLink), "off-link")
			add(float64(o.Search.Limited), "too-many")
		}},
	{name: "breezeway_ssdp_announcements_total", kind: counter, help: "Announcements of renderers received, with BREEZEWAY_SSDP_LISTEN",
		single: func(o *observation) float64 { return float64(o.Announced.Notices) }},
	{name: "breezeway_ssdp_announcements_dropped_total", kind: counter, help: "Announcements dropped: unreadable, from another network, or too many",
		labels: []string{"reason"}, collect: func(o *observation, add adder) {
			add(float64(o.Announced.Malformed), "malformed")
			add(float64(o.Announced.OffLink), "off-link")
			add(float64(o.Announced.Limited), "too-many")
		}},
	{name: "breezeway_upnp_requests_total", kind: counter, help: "Requests to renderers",
		single: func(o *observation) float64 { return float64(o.UPnP.Requests) }},
	{name: "breezeway_upnp_requests_refused_total", kind: counter, help: "Requests that were not sent, since no device can have their address",
		single: func(o *observation) float64 { return float64(o.UPnP.Refused) }},
	{name: "breezeway_upnp_requests_failed_total", kind: counter, help: "Requests to renderers without an answer",
		single: func(o *observation) float64 { return float64(o.UPnP.Failed) }},
	{name: "breezeway_upnp_faults_total", kind: counter, help: "Requests that a renderer answered with an error",
		single: func(o *observation) float64 { return float64(o.UPnP.Faults) }},

	// Announcing the speakers
	{name: "breezeway_mdns_packets_received_total", kind: counter, help: "mDNS packets received from others",
		single: func(o *observation) float64 { return float64(o.MDNS.Received) }},
	{name: "breezeway_mdns_packets_malformed_total", kind: counter, help: "mDNS packets that could not be read",
		single: func(o *observation) float64 { return float64(o.MDNS.Malformed) }},
	{name: "breezeway_mdns_packets_sent_total", kind: counter, help: "mDNS packets sent",
		single: func(o *observation) float64 { return float64(o.MDNS.Sent) }},
	{name: "breezeway_mdns_send_failures_total", kind: counter, help: "mDNS packets that could not be sent",
		single: func(o *observation) float64 { return float64(o.MDNS.SendFailures) }},
	{name: "breezeway_mdns_renames_total", kind: counter, help: "Names changed since another host has them",
		single: func(o *observation) float64 { return float64(o.MDNS.Renames) }},
}

// countConditions has a series for each code, even where there is no condition.
func countConditions(o *observation, add adder) {
	number := make(map[monitor.Code]int)
	for _, c := range o.conditions {
		number[c.Code]++
	}
	for _, c := range monitor.Codes() {
		add(float64(number[c]), c.String(), c.Severity().String())
	}
}

func conditionAges(o *observation, add adder) {
	for _, c := range o.conditions {
		add(c.Age(o.now).Seconds(), c.Code.String(), c.Subject)
	}
}

func speakerStates(o *observation, add adder) {
	for i := range o.Speakers {
		s := &o.Speakers[i]
		for _, state := range player.States() {
			add(flag(s.State() == state), s.Name, s.ID.String(), state.String())
		}
	}
}

func droppedPackets(o *observation, add adder) {
	for i := range o.Speakers {
		s := &o.Speakers[i]
		packets, id := s.Receiver.Packets, s.ID.String()
		add(float64(packets.Foreign), s.Name, id, "foreign")
		add(float64(packets.Malformed), s.Name, id, "malformed")
	}
}

func groupSpreads(o *observation, add adder) {
	for i := range o.Speakers {
		s := &o.Speakers[i]
		if s.Group {
			add(s.Spread.Seconds(), s.Name, s.ID.String())
		}
	}
}

func rendererInfos(o *observation, add adder) {
	for i := range o.Speakers {
		s := &o.Speakers[i]
		for _, r := range s.Renderers {
			codec, length := "", ""
			if !r.Stream.Opened.IsZero() {
				codec, length = r.Codec.String(), r.Length.String()
			}
			add(1, s.Name, s.ID.String(), r.UDN, r.Name, r.Model, codec, length, r.Class)
		}
	}
}

func rendererStates(o *observation, add adder) {
	for i := range o.Speakers {
		s := &o.Speakers[i]
		for _, r := range s.Renderers {
			add(1, s.Name, s.ID.String(), r.UDN, r.State.String(), r.Reason)
		}
	}
}
