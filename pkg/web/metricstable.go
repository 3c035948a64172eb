package web

import (
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
)

// metrics is the table of everything that is measured, in the order of the
// answer. Counters of a session begin anew with each session.
var metrics = []metric{
	{"breezeway_build_info", gauge, "Always 1; the version that runs", []string{"version"},
		func(o observation, add adder) { add(1, o.version) }},
	{"breezeway_uptime_seconds", gauge, "Time since the program started", nil,
		single(func(o observation) float64 { return o.now.Sub(o.Started).Seconds() })},
	{"breezeway_ready", gauge, "1 while senders can play, as /readyz says", nil,
		single(func(o observation) float64 { return flag(len(monitor.Missing(o.Snapshot)) == 0) })},
	{"breezeway_conditions", gauge, "Conditions of a code that hold now", []string{"code", "severity"}, countConditions},
	{"breezeway_condition_age_seconds", gauge, "For how long each condition has lasted", []string{"code", "subject"}, conditionAges},

	// Speakers
	{"breezeway_speakers", gauge, "Speakers that are offered to senders", nil,
		single(func(o observation) float64 { return float64(len(o.Speakers)) })},
	{"breezeway_speaker_state", gauge, "1 for the state that the speaker is in", []string{"speaker", "id", "state"}, speakerStates},
	{"breezeway_speaker_playing", gauge, "1 while a sender's sound goes to the speaker", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return flag(s.Playing()) })},
	{"breezeway_session_active", gauge, "1 while a sender is connected", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return flag(!s.Began.IsZero()) })},
	{"breezeway_volume_ratio", gauge, "Volume from 0 to 1, on the sender's scale", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return s.Level })},
	{"breezeway_muted", gauge, "1 while the speaker is muted", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return flag(s.Muted) })},
	{"breezeway_group_spread_seconds", gauge, "Time between the first and the last member's sound, by their positions", speakerLabels, groupSpreads},

	// Connections and sessions since the speaker is offered
	{"breezeway_sessions_total", counter, "Sessions of senders", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.Sessions) })},
	{"breezeway_sessions_refused_total", counter, "Sessions refused because another sender was playing", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.RefusedBusy) })},
	{"breezeway_logins_failed_total", counter, "Requests with a wrong password", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.FailedLogins) })},
	{"breezeway_rtsp_connections", gauge, "Connections of senders now", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Open) })},
	{"breezeway_rtsp_connections_refused_total", counter, "Connections refused because there were too many", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Refused) })},
	{"breezeway_rtsp_connections_displaced_total", counter, "Connections ended to make room for others", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Displaced) })},
	{"breezeway_rtsp_requests_malformed_total", counter, "Requests of senders that could not be read", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.RTSP.Malformed) })},

	{"breezeway_packets_dropped_total", counter, "Packets dropped: not from the sender (foreign), or cut off or of an unknown kind (malformed)",
		[]string{"speaker", "id", "reason"}, droppedPackets},
	{"breezeway_packets_resend_refused_total", counter, "Resend requests that the sender answered with: too late", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Receiver.Packets.Unavailable) })},

	// Packets of the session, or of the last one
	{"breezeway_packets_received_total", counter, "Packets received from the sender", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Jitter.Received) })},
	{"breezeway_packets_requested_total", counter, "Packets that the sender was asked to send again, each request counted", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Jitter.ResendsRequested) })},
	{"breezeway_packets_recovered_total", counter, "Packets received after such a request", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Jitter.Recovered) })},
	{"breezeway_packets_duplicate_total", counter, "Packets received more than once", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Jitter.Duplicate) })},
	{"breezeway_packets_late_total", counter, "Packets received too late to be played", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Jitter.Late) })},
	{"breezeway_packets_lost_total", counter, "Packets that were never received", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Jitter.Lost) })},
	{"breezeway_packets_undecoded_total", counter, "Packets that could not be decoded", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return float64(s.Undecoded) })},
	{"breezeway_packet_wait_seconds", gauge, "How long after its time a missing packet is waited for, at present", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return s.Jitter.RetransmitWait.Seconds() })},
	{"breezeway_sender_ignores_resends", gauge, "1 while the sender answers no requests for lost packets", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return flag(s.Jitter.IgnoresResends) })},
	{"breezeway_sound_concealed_seconds_total", counter, "Sound filled in for lost packets", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return seconds(s.Jitter.ConcealedFrames) })},
	{"breezeway_sound_starved_seconds_total", counter, "Silence played because nothing was received from the sender", speakerLabels,
		eachSpeaker(func(s bridge.Speaker) float64 { return seconds(s.Jitter.StarvedFrames) })},

	// Renderers
	{"breezeway_renderer_up", gauge, "0 while the renderer does not answer", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return flag(r.Address != ""), true })},
	{"breezeway_renderer_info", gauge, "Always 1; the renderer's name, and the stream that it gets in this session or the last",
		[]string{"speaker", "id", "udn", "name", "model", "codec", "length", "class"}, rendererInfos},
	{"breezeway_renderer_state_info", gauge, "Always 1; the state of the renderer, and the reason, as the log has it",
		[]string{"speaker", "id", "udn", "state", "reason"}, rendererStates},
	{"breezeway_renderer_verified", gauge, "1 when the renderer plays its stream, 0 while that is not known", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return flag(r.Proven), !r.Stream.Opened.IsZero() })},
	{"breezeway_stream_written_bytes_total", counter, "Sound written to the stream", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return float64(r.Stream.BytesWritten), true })},
	{"breezeway_stream_read_bytes_total", counter, "Sound that the renderer fetched", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return float64(r.Stream.BytesRead), true })},
	{"breezeway_stream_waiting_bytes", gauge, "Sound written and not yet fetched", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return float64(r.Stream.Behind), true })},
	{"breezeway_stream_requests_total", counter, "Requests of the renderer for the stream", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return float64(r.Stream.Requests), true })},
	{"breezeway_stream_readers", gauge, "Requests for the stream that are being answered", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return float64(r.Stream.Readers), true })},
	{"breezeway_stream_overruns_total", counter, "Times that the renderer fetched too slowly and missed sound", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return float64(r.Stream.Overruns), true })},
	{"breezeway_start_delay_seconds", gauge, "Time from the first audible packet to its sound at the renderer, if that did not buffer", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return r.StartDelay.Seconds(), r.StartDelay > 0 })},
	{"breezeway_sounding_after_seconds", gauge, "Time from Play to the first sound, by the renderer's position", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return r.SoundingAfter.Seconds(), r.SoundingAfter > 0 })},
	{"breezeway_delay_seconds", gauge, "Sound that the renderer holds", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return r.Drift.Delay.Seconds(), r.Drift.Delay > 0 })},
	{"breezeway_delay_target_seconds", gauge, "Sound that the renderer is meant to hold", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return r.Drift.Target.Seconds(), r.Drift.Learned })},
	{"breezeway_drift_ppm", gauge, "Correction of the speed of the sound for the renderer's clock, in parts per million", rendererLabels,
		eachRenderer(func(r bridge.Member) (float64, bool) { return r.Drift.PPM, r.Drift.By != "" })},

	// Finding and controlling renderers
	{"breezeway_ssdp_searches_total", counter, "Rounds of searches for renderers", nil,
		single(func(o observation) float64 { return float64(o.Search.Rounds) })},
	{"breezeway_ssdp_send_failures_total", counter, "Searches that could not be sent", nil,
		single(func(o observation) float64 { return float64(o.Search.SendErrors) })},
	{"breezeway_ssdp_answers_total", counter, "Answers of renderers to searches", nil,
		single(func(o observation) float64 { return float64(o.Search.Answers) })},
	{"breezeway_ssdp_answers_dropped_total", counter, "Answers dropped: unreadable, from another network, or too many", []string{"reason"},
		func(o observation, add adder) {
			add(float64(o.Search.Malformed), "malformed")
			add(float64(o.Search.OffLink), "off-link")
			add(float64(o.Search.Limited), "too-many")
		}},
	{"breezeway_ssdp_announcements_total", counter, "Announcements of renderers received, with BREEZEWAY_SSDP_LISTEN", nil,
		single(func(o observation) float64 { return float64(o.Announced.Notices) })},
	{"breezeway_ssdp_announcements_dropped_total", counter, "Announcements dropped: unreadable, from another network, or too many", []string{"reason"},
		func(o observation, add adder) {
			add(float64(o.Announced.Malformed), "malformed")
			add(float64(o.Announced.OffLink), "off-link")
			add(float64(o.Announced.Limited), "too-many")
		}},
	{"breezeway_upnp_requests_total", counter, "Requests to renderers", nil,
		single(func(o observation) float64 { return float64(o.UPnP.Requests) })},
	{"breezeway_upnp_requests_refused_total", counter, "Requests that were not sent, since no device can have their address", nil,
		single(func(o observation) float64 { return float64(o.UPnP.Refused) })},
	{"breezeway_upnp_requests_failed_total", counter, "Requests to renderers without an answer", nil,
		single(func(o observation) float64 { return float64(o.UPnP.Failed) })},
	{"breezeway_upnp_faults_total", counter, "Requests that a renderer answered with an error", nil,
		single(func(o observation) float64 { return float64(o.UPnP.Faults) })},

	// Being found
	{"breezeway_mdns_packets_received_total", counter, "mDNS packets received from others", nil,
		single(func(o observation) float64 { return float64(o.MDNS.Received) })},
	{"breezeway_mdns_packets_malformed_total", counter, "mDNS packets that could not be read", nil,
		single(func(o observation) float64 { return float64(o.MDNS.Malformed) })},
	{"breezeway_mdns_packets_sent_total", counter, "mDNS packets sent", nil,
		single(func(o observation) float64 { return float64(o.MDNS.Sent) })},
	{"breezeway_mdns_send_failures_total", counter, "mDNS packets that could not be sent", nil,
		single(func(o observation) float64 { return float64(o.MDNS.SendFailures) })},
	{"breezeway_mdns_renames_total", counter, "Names changed since another host has them", nil,
		single(func(o observation) float64 { return float64(o.MDNS.Renames) })},
}

// countConditions has a series for each code, even where there is no condition.
func countConditions(o observation, add adder) {
	number := make(map[monitor.Code]int)
	for _, c := range o.conditions {
		number[c.Code]++
	}
	for _, c := range monitor.Codes() {
		add(float64(number[c]), c.String(), c.Severity().String())
	}
}

func conditionAges(o observation, add adder) {
	for _, c := range o.conditions {
		add(c.Age(o.now).Seconds(), c.Code.String(), c.Subject)
	}
}

func speakerStates(o observation, add adder) {
	for _, s := range o.Speakers {
		for _, state := range bridge.States() {
			add(flag(s.State == state), s.Name, s.ID.String(), state.String())
		}
	}
}

func droppedPackets(o observation, add adder) {
	for _, s := range o.Speakers {
		packets, id := s.Receiver.Packets, s.ID.String()
		add(float64(packets.Foreign), s.Name, id, "foreign")
		add(float64(packets.Malformed), s.Name, id, "malformed")
	}
}

func groupSpreads(o observation, add adder) {
	for _, s := range o.Speakers {
		if s.Members != nil {
			add(s.Spread.Seconds(), s.Name, s.ID.String())
		}
	}
}

func rendererInfos(o observation, add adder) {
	for _, s := range o.Speakers {
		for _, r := range s.Renderers() {
			codec, length := "", ""
			if !r.Stream.Opened.IsZero() {
				codec, length = r.Codec.String(), r.Length.String()
			}
			add(1, s.Name, s.ID.String(), r.UDN, r.Name, r.Model, codec, length, r.Class)
		}
	}
}

func rendererStates(o observation, add adder) {
	for _, s := range o.Speakers {
		for _, r := range s.Renderers() {
			add(1, s.Name, s.ID.String(), r.UDN, r.State.String(), r.Reason)
		}
	}
}
