//! Plain report data, as the JSON output spells it. No I/O, no layout.

mod alert;
mod backup;
mod clean;
mod config;
mod demo;
mod errors;
mod health;
mod log_news;
mod log_record;
mod logs;
mod monitor;
mod recover;
mod service;

pub use alert::{AlertListReport, AlertSink, AlertTest, AlertTestReport, AlertWaiting};
pub use backup::{
    BackupAction, BackupDrill, BackupEntry, BackupError, BackupFile, BackupOutcome, BackupRemoval,
    BackupReport, BackupRestore, BackupSkip, BackupSource, BackupTable, BackupTarget, BackupVersions,
};
pub use clean::{
    CleanDisk, CleanEntry, CleanError, CleanList, CleanOutcome, CleanReport, CleanRuleTotal, CleanSkip,
};
pub use config::{
    ConfigAlias, ConfigAliasesReport, ConfigCheckReport, ConfigFind, ConfigInitReport, ConfigProblem,
    ConfigShowReport, ConfigValue,
};
pub use demo::{Aftermath, DemoReport, SceneReport, ToldAlert, WatchedCrash};
pub use errors::{
    EndpointCount, ErrorAction, ErrorEvent, ErrorIssue, ErrorLoss, ErrorReport, ErrorTrend, GateReport,
    GroupingReport, GroupingVariant, HourCount, IssueList, IssueReport, TagCount, TagValues, Turn, TypeCount,
};
pub use health::{HealthReport, SystemSummary};
pub use log_news::{LogNews, NewsKind};
pub use log_record::LogRecord;
pub use logs::{
    Change, ChangeClass, Coverage, Endpoint, Exception, FileCoverage, Http, Incident, InputProblem,
    LatencyPercentiles, LevelCounts, LogReport, Mislevelled, Pattern, Recommendation, RestartEvent, Restarts,
    Silence, SilenceKind, Skew, Timeline, TimelineBucket,
};
pub use monitor::{
    MonitorAnswerReport, MonitorEntry, MonitorReplayReport, MonitorReport, MonitorSilence,
    MonitorSilenceReport, MonitorWhyReport, MonitoredKind, MonitoredTarget, ReplayedDecision,
};
pub use recover::{
    LeftService, Outage, OutageClue, Outcome, Preserved, RecoverCause, RecoverEvent, RecoverReport,
    RecoverStep, RefusedProcess, StartedService, StepStatus, StoppedProcess,
};
pub use service::{ServiceAction, ServiceOutcome, ServiceReport, ServiceStatus, ServiceTurn};
