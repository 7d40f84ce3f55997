//! What a deployment would do: for whoever decides whether it may.

use std::collections::BTreeMap;

use haymaker_platform::host::{DryRun, PlannedModel};
use haymaker_platform::tenants::NOWHERE;

use super::deployment::features;
use super::figures::{count, expectation, moment, plural};
use super::terminal::{Paint, Palette};

/// More first tasks than this say nothing new.
const TASKS: usize = 12;

/// A plan in lines.
pub(crate) fn render(plan: &DryRun, palette: Palette) -> String {
    let deployed = &plan.deployed;
    let headline =
        format!("{} {} would be deployed as {}", deployed.workload, deployed.version, deployed.deployment_id);
    let mut lines = vec![palette.paint(Paint::Bold, &headline)];
    lines.extend(facts(plan).into_iter().map(|(name, text)| format!("  {name:<12} {text}")));
    let tasks = plural(plan.tasks.len() as u64, "task", "tasks");
    lines.push(format!("  {:<12} {} ({tasks})", "begins with", plan.phase));
    lines.extend(plan.tasks.iter().take(TASKS).map(|task| format!("    {task}")));
    if plan.tasks.len() > TASKS {
        lines.push(format!("    and {} more", plan.tasks.len() - TASKS));
    }
    // The last thing to read before a yes.
    if !plan.forecast.remains.is_empty() {
        lines.push(format!("  {:<12} after a cleanup, because it cannot take it away:", "remains"));
        lines.extend(plan.forecast.remains.iter().map(|what| format!("    {what}")));
    }
    lines.join("\n")
}

fn facts(plan: &DryRun) -> Vec<(&'static str, String)> {
    let (deployed, forecast) = (&plan.deployed, &plan.forecast);
    let tenant = match (deployed.tenant.as_str(), deployed.simulated) {
        (NOWHERE, _) => "none: it acts in no tenant".to_owned(),
        (name, true) => format!("{name} (a simulated tenant) at {}", deployed.graph),
        (name, false) => format!("{name} (a real tenant) at {}", deployed.graph),
    };
    let mut facts = vec![("tenant", tenant)];
    facts.extend(forecast.domain.clone().map(|domain| ("domain", domain)));
    let application = if deployed.app_id.is_empty() { "none" } else { &deployed.app_id };
    facts.push(("application", application.to_owned()));
    facts.extend(forecast.workers_from.clone().map(|source| ("workers", source)));
    facts.extend(forecast.seats.as_ref().map(|seats| {
        let (needed, free) = (count(seats.needed.into()), count(seats.free.into()));
        ("seats", format!("{needed} of {free} free {} are taken", seats.license))
    }));
    facts.extend(features(&deployed.features).map(|text| ("permitted", text)));
    let until = deployed.until.as_ref().map(|until| format!("until {} UTC", moment(until)));
    let until = until.unwrap_or_else(|| "until it is stopped".to_owned());
    facts.push(("time", format!("from {} UTC {until}", moment(&deployed.begins))));
    facts.extend(forecast.first_activity.as_ref().map(|first| ("first act", format!("{} UTC", moment(first)))));
    facts.push(("seed", deployed.seed.to_string()));
    facts.push(("config", plan.config.to_string()));
    facts.extend(kinds(&plan.expected_total).map(|text| ("expected", text)));
    facts.extend(kinds(&forecast.per_day).map(|text| ("on a day", text)));
    let requests = forecast.requests_per_day.map(|number| format!("about {} a day", expectation(number)));
    facts.extend(requests.map(|text| ("requests", text)));
    facts.extend(plan.model.as_ref().map(|model| ("model", planned_model(model))));
    facts.extend(forecast.limits.clone().map(|text| ("limits", text)));
    facts.extend(deployed.warning.clone().map(|text| ("note", text)));
    facts
}

/// Activities by kind; none where none are expected.
fn kinds(expected: &BTreeMap<String, f64>) -> Option<String> {
    let kinds = expected.iter().map(|(kind, number)| format!("{} {kind}", expectation(*number)));
    (!expected.is_empty()).then(|| kinds.collect::<Vec<_>>().join(", "))
}

/// Which language model would be asked, and how often.
fn planned_model(model: &PlannedModel) -> String {
    let calls = match model.calls_per_day {
        Some(calls) => format!("about {} calls on a usual day", expectation(calls)),
        None => "as often as it likes, within its budget".to_owned(),
    };
    match (&model.provider, &model.model) {
        (Some(provider), Some(name)) => format!("{provider} {name}, {calls}"),
        _ => format!("none is configured (LLM_PROVIDER): templates stand in for {calls}"),
    }
}

#[cfg(test)]
mod tests {
    use haymaker_platform::forecast::{Forecast, Seats};
    use haymaker_platform::host::Deployed;

    use super::*;

    fn plan(forecast: Forecast) -> DryRun {
        DryRun {
            deployed: Deployed {
                deployment_id: "w-01234567".to_owned(),
                workload: "w".to_owned(),
                version: "1.0.0".to_owned(),
                digest: String::new(),
                tenant: "t-1".to_owned(),
                graph: "https://graph.microsoft.com".to_owned(),
                app_id: "a-1".to_owned(),
                simulated: false,
                seed: 1,
                begins: "2026-01-05T08:00:00.000Z".to_owned(),
                until: None,
                features: BTreeMap::new(),
                warning: None,
            },
            config: serde_json::json!({"workers": 2}),
            phase: "creating".to_owned(),
            tasks: (0..14).map(|number| format!("does {number}")).collect(),
            expected_total: BTreeMap::new(),
            model: None,
            forecast,
        }
    }

    #[test]
    fn a_real_tenant_is_called_one_and_an_end_that_nobody_set_is_said() {
        let text = render(&plan(Forecast::default()), Palette::plain());
        assert!(text.contains("t-1 (a real tenant) at https://graph.microsoft.com"), "{text}");
        assert!(text.contains("until it is stopped"), "{text}");
        assert!(text.contains("    does 11\n    and 2 more"), "{text}");
        assert!(!text.contains("remains"), "{text}");
    }

    #[test]
    fn what_the_workload_foresees_is_shown_each_on_a_line() {
        let forecast = Forecast {
            domain: Some("contoso.example".to_owned()),
            seats: Some(Seats { license: "E5".to_owned(), needed: 25, free: 1_000 }),
            per_day: [("email.send".to_owned(), 2_700.0)].into(),
            requests_per_day: Some(8_100.0),
            remains: vec!["mail logs: 90 days".to_owned()],
            ..Forecast::default()
        };
        let text = render(&plan(forecast), Palette::plain());
        for line in [
            "  domain       contoso.example",
            "  seats        25 of 1,000 free E5 are taken",
            "  on a day     2,700 email.send",
            "  requests     about 8,100 a day",
            "    mail logs: 90 days",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line:?} is missing in\n{text}");
        }
    }

    #[test]
    fn a_plan_says_which_model_is_asked_and_how_often() {
        let planned = PlannedModel {
            provider: Some("anthropic".to_owned()),
            model: Some("claude-haiku-4-5".to_owned()),
            calls_per_day: Some(504.0),
        };
        assert_eq!(planned_model(&planned), "anthropic claude-haiku-4-5, about 504 calls on a usual day");
        let none = PlannedModel { provider: None, model: None, ..planned };
        let said = planned_model(&none);
        assert!(said.starts_with("none is configured (LLM_PROVIDER)") && said.contains("504"), "{said}");
    }
}
