/// What other libraries of reinforcement learning call things, and what they are called here.
///
/// The table is the source of "Did you mean" for keys and options, and stands in the README for people who come from Stable-Baselines3 or CleanRL.
public enum FieldNames {
  /// One meaning: names elsewhere, and the names of the keys that have it here.
  public struct Row: Sendable, Hashable {
    /// As other libraries spell it, in snake_case: Stable-Baselines3's name first, then CleanRL's and others'.
    public let elsewhere: [String]
    /// The last parts of the paths of our keys, each with the more general one behind it: `learningRate.initial`.
    public let here: [String]
    /// How the two differ, as a sentence; empty where they do not.
    public let remark: String

    init(_ elsewhere: String, _ here: String, _ remark: String = "") {
      self.elsewhere = elsewhere.split(separator: " ").map(String.init)
      self.here = here.split(separator: " ").map(String.init)
      self.remark = remark
    }
  }

  /// Every meaning that is known by another name.
  public static let table: [Row] = [
    Row(
      "learning_rate lr pi_lr actor_lr q_lr critic_lr vf_lr step_size",
      "learningRate.initial actorLearningRate criticLearningRate"),
    Row("gamma discount discounting", "discountFactor"),
    Row("gae_lambda lam lambda", "gaeLambda"),
    Row("n_envs num_envs n_workers num_workers num_actors", "worlds"),
    Row(
      "n_steps num_steps steps_per_epoch num_steps_per_env unroll_length horizon", "rolloutLength",
      "Steps of each environment between two updates; not the number of an n-step return, which is returnSteps."),
    Row(
      "batch_size minibatch_size num_minibatches", "minibatchSize batchSize",
      "Transitions of one gradient, not the number of minibatches."),
    Row("n_epochs update_epochs num_epochs train_pi_iters", "epochs"),
    Row("ent_coef entropy_coef entropy_cost", "entropyCoefficient"),
    Row("vf_coef value_loss_coef value_coef", "valueCoefficient"),
    Row("clip_range clip_coef clip_ratio clip_param clip_epsilon", "clipRange"),
    Row("clip_range_vf clip_vloss", "valueClipRange", "A range, or null for none."),
    Row("max_grad_norm max_gradient_norm grad_clip", "maximumGradientNorm"),
    Row("target_kl desired_kl kl_target", "targetDivergence"),
    Row("normalize_advantage norm_adv", "normalizesAdvantages"),
    Row("norm_obs normalize_obs normalize_observations", "normalizesObservations"),
    Row("norm_reward normalize_reward", "scalesRewards"),
    Row("log_std_init init_log_std", "initialLogDeviation"),
    Row("tau", "targetUpdateRate"),
    Row("polyak", "targetUpdateRate", "Spinning Up's polyak is 1 − targetUpdateRate."),
    Row("buffer_size replay_size buffer_capacity replay_buffer_size", "memoryCapacity"),
    Row("learning_starts start_steps warmup_steps update_after", "warmupSteps"),
    Row(
      "gradient_steps train_freq utd_ratio updates_per_step update_every", "updatesPerStep",
      "gradient_steps / train_freq, for each environment."),
    Row("action_noise exploration_noise act_noise noise_std", "exploration.deviation"),
    Row("target_policy_noise policy_noise target_noise", "targetNoise"),
    Row("target_noise_clip noise_clip", "targetNoiseLimit"),
    Row("policy_delay policy_frequency", "actorDelay"),
    Row("net_arch hidden_sizes hidden_dim hidden_layers", "hiddenSizes"),
    Row("activation_fn activation_function", "activation"),
    Row("total_timesteps total_steps max_steps num_timesteps", "training.stepLimit"),
    Row("eval_freq eval_interval", "training.evaluationInterval"),
    Row("n_eval_episodes num_eval_episodes", "evaluation.tuningEpisodes"),
    Row(
      "frame_skip action_repeat decimation n_substeps", "controlTimeStep",
      "A time in seconds: frame_skip times physics.timeStep."),
    Row("timestep dt sim_dt", "physics.timeStep"),
    Row(
      "max_episode_steps time_limit episode_length", "episodeSeconds episodeSteps",
      "For a robot in seconds: max_episode_steps times controlTimeStep."),
  ]

  /// The spelling without case, underscores and dashes: `n_envs`, `nEnvs` and `n-envs` are one name.
  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0 != "_" && $0 != "-" }
  }

  private static let rows: [String: Row] = {
    var rows: [String: Row] = [:]
    for row in table { for name in row.elsewhere where rows[plain(name)] == nil { rows[plain(name)] = row } }
    return rows
  }()

  /// What a name means here; `nil` for names that are not known.
  public static func row(for name: String) -> Row? { name.utf8.count > 64 ? nil : rows[plain(name)] }

  /// The keys that a foreign name may mean, best first: whole paths, or nothing.
  ///
  /// - Parameters:
  ///   - name: as it was written.
  ///   - section: the path of the section in which it was written; empty for the top. Keys of that section come alone.
  ///   - paths: of all keys.
  public static func paths(for name: String, in section: String, among paths: [String]) -> [String] {
    guard let row = row(for: name) else { return [] }
    let found = row.here.flatMap { ending in
      paths.filter { $0 == ending || $0.hasSuffix(".\(ending)") }
    }
    let inside = found.filter { section.isEmpty ? !$0.contains(".") : $0.hasPrefix(section + ".") }
    return inside.isEmpty ? found : inside
  }
}
